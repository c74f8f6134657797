"""Drawing findings from what people said and did: the task, whoever does it, and the program that looks whether it
holds.
"""

from troupe_core.extraction.extractor import ExtractionTask, Extractor
from troupe_core.extraction.results_extractor import ResultsExtractor

__all__ = ["ExtractionTask", "Extractor", "ResultsExtractor"]
