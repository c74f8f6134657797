"""The words of `benchmarks.people`: a grammar, kinds of work and the names of eighteen countries.

In every block an indented line continues the line above it.

GRAMMAR: one symbol per line, ``symbol: option/option/...``.  An option is a word, a phrase or a template in which
``{symbol}`` stands for one option of that symbol, chosen at random.  A prefix inflects the option: ``{a:symbol}`` puts
"a" or "an" before it, ``{ing:symbol}`` and ``{does:symbol}`` inflect its first word, a verb, and ``{s:symbol}`` makes
its last word, a noun, plural.  `people` adds the symbols age, number, money, clock, dawn, noon and
dusk, and for each person city, given, family, task and year.

SECTORS: sector|titles|kinds of organization|verbs of the work|objects of the work.

COUNTRIES: five lines per country: country|nationality|what joins two given names ("_" is a space), then its cities,
male given names, female given names and family names.
"""

GRAMMAR = """
objadj: old/wooden/second-hand/brass/foldable/chipped/vintage/sturdy/lightweight/handmade/rusty/enamel/cordless/
 compact/leather/cheap/expensive/waterproof/portable/antique/plastic/ceramic/noisy/reliable/elegant/heavy/striped/
 faded/solar/stainless/refurbished/imported/discounted/well-worn/adjustable/copper/velvet/woollen/quilted/magnetic/
 battered/spare/custom-built/miniature/glossy/matte/unbranded/recycled/broken/borrowed/oversized/plain/wicker/
 ergonomic/marble/rattling/lacquered/tartan/bulky/dusty/collapsible/gilded/scratched/inherited/tinted/rubber/bamboo/
 electric/hand-painted/dented/rechargeable/padded/silent/crooked/sleek/pewter/cracked/squeaky/turquoise/crimson/beige/
 linen/oak/walnut/steel/aluminium/cardboard/inflatable/ornate/minimalist/patched/wobbly/luxurious/flimsy/durable/
 crocheted/floral/spotted/checked/heirloom/polished/insulated/two-tone/overpriced/unusual/sun-bleached/silk/denim/
 corduroy/retro/futuristic/embroidered/engraved/homemade
object: kettle/bicycle/lamp/radio/clock/camera/teapot/backpack/armchair/guitar/typewriter/suitcase/notebook/blender/
 desk/umbrella/mirror/carpet/drill/tent/telescope/wristwatch/violin/toaster/vase/bookcase/heater/kayak/printer/sofa/
 blanket/keyboard/headset/stroller/lantern/wallet/raincoat/hammock/saucepan/chess set/sewing machine/fountain pen/
 record player/mattress/ladder/fridge/helmet/drum/globe/puzzle/cushion/kite/scooter/thermostat/tripod/stool/flute/map/
 chisel/thermos/air purifier/rice cooker/vacuum cleaner/phone case/water bottle/coffee grinder/desk fan/jacket/shawl/
 frying pan/accordion/alarm clock/anvil/apron/barometer/basket/bathrobe/bench/birdhouse/bookmark/bread bin/briefcase/
 calculator/calendar/candlestick/canoe/cello/chandelier/clarinet/coat rack/compass/cot/cupboard/curtain/deckchair/
 doormat/dresser/easel/fan heater/filing cabinet/fishing rod/flashlight/footstool/garden gnome/gramophone/hairdryer/
 handbag/hourglass/hoover/iron/jug/juicer/kimono/lampshade/laptop/lawnmower/loom/magnifying glass/mandolin/microscope/
 mug/napkin/necklace/oboe/oven/paintbrush/parasol/pedometer/piano/pillow/pinboard/plate rack/postcard/pressure cooker/
 quilt/racket/router/rucksack/saddle/sandal/screwdriver/skateboard/sleeping bag/snow globe/spice rack/stapler/
 surfboard/swivel chair/tablecloth/tablet/tambourine/tin opener/toolbox/trolley/trombone/trumpet/turntable/ukulele/
 wardrobe/webcam/wheelbarrow/whisk/wok/yoga mat
foodadj: spicy/smoky/salted/fermented/crisp/buttery/homemade/slow-cooked/pickled/sour/fragrant/roasted/vegan/
 gluten-free/sweet/bitter/peppery/creamy/leftover/organic/fresh/half-burnt/grilled/stuffed/frozen/delicate/rustic/
 garlicky/tangy/steamed/gingery/cheap/seasonal/rich/toasted/braised/lemony/traditional/filling/overpriced/sticky/
 caramelised/charred/chilled/crunchy/deep-fried/dry-aged/earthy/flaky/floury/fluffy/herby/honeyed/hot/juicy/lukewarm/
 marinated/mild/nutty/oily/overcooked/poached/raw/reheated/salty/sauteed/spiced/starchy/sugary/syrupy/tender/tasteless/
 unsalted/velvety/vinegary/watery/wholesome/zesty/oven-baked/low-fat/ready-made
dish: stew/curry/dumpling/omelette/pancake/pie/soup/salad/risotto/flatbread/casserole/noodle bowl/sandwich/pastry/tart/
 burger/pudding/cookie/taco/skewer/gratin/broth/loaf cake/waffle/quiche/fishcake/meatball/biscuit/muffin/rice cake/
 tagine/lasagne/pierogi platter/paella/lentil patty/spring roll/fruit jam/chutney/porridge bowl/cheese board/bagel/
 baguette/bean salad/brioche/brownie/calzone/cheesecake/chilli/cobbler/coleslaw/couscous salad/crepe/croissant/
 croquette/crumble/cupcake/custard/doughnut/empanada/enchilada/falafel wrap/fish stew/focaccia/fondue/fritter/frittata/
 goulash/gyoza plate/hotpot/kebab/lamb chop/macaroon/moussaka/mushroom pasty/naan/nut roast/onion ring/oatcake/pakora/
 pancetta roll/panini/pizza/polenta cake/pot roast/pretzel/ramen bowl/ratatouille/ravioli dish/samosa/sausage roll/
 scone/seafood platter/shortbread/souffle/strudel/sushi roll/tempura/terrine/trifle/turnover/vol-au-vent
ingredient: saffron/lentils/goat cheese/smoked paprika/mint/chickpeas/walnuts/coconut milk/tamarind/fennel/plums/
 rye flour/olive oil/turmeric/mushrooms/anchovies/cabbage/honey/buckwheat/dill/pumpkin seeds/miso/apricots/black beans/
 quinoa/cardamom/spinach/capers/beetroot/almonds/yoghurt/sesame/leeks/figs/mustard/sweet potatoes/cinnamon/seaweed/
 okra/basil/artichokes/asparagus/aubergine/bay leaves/blackcurrants/breadcrumbs/broccoli/brown sugar/butter/cashews/
 cauliflower/celery/chervil/chestnuts/chives/chorizo/cloves/cocoa/coriander/cranberries/cream/cucumber/cumin/
 curry leaves/dates/duck eggs/elderflower/feta/garlic/gherkins/ghee/ginger/grapes/halloumi/hazelnuts/horseradish/kale/
 kidney beans/kimchi/lard/lemongrass/lime juice/mackerel/mango/maple syrup/marjoram/molasses/mussels/nutmeg/oats/
 oregano/parsley/parsnips/peanut butter/pears/pine nuts/pistachios/pomegranate/poppy seeds/raisins/ricotta/rosemary/
 sage/sardines/shallots/soy sauce/squash/star anise/sultanas/tarragon/tahini/thyme/tofu/truffles/tuna/vanilla/venison/
 vinegar/wasabi/watercress
bookadj: historical/short/forgotten/illustrated/translated/dense/funny/gloomy/banned/scholarly/romantic/unfinished/
 satirical/autobiographical/popular/experimental/regional/controversial/well-researched/sentimental/dystopian/
 practical/annotated/long-winded/award-winning/anonymous/feminist/philosophical/tattered/pocket-sized/abridged/
 ambitious/baffling/bilingual/bleak/bestselling/charming/clumsy/collected/comforting/delightful/difficult/disputed/
 elegant/epistolary/exhaustive/famous/gothic/gripping/harrowing/hefty/idiosyncratic/ironic/lavish/lost/lyrical/
 melodramatic/meticulous/moving/mysterious/obscure/old/outdated/overrated/plain/polemical/posthumous/provocative/
 rambling/rare/readable/scandalous/self-published/serialised/slim/solemn/subtle/surreal/tedious/thrilling/underrated/
 unreadable/whimsical/witty
book: novel/biography/essay/poem/memoir/cookbook/magazine/newsletter/play/comic/travel guide/manual/textbook/pamphlet/
 crime story/anthology/diary/report/column/documentary/podcast/lecture/radio play/fairy tale/blog post/interview/
 adventure story/album/almanac/article/atlas/ballad/brochure/case study/catalogue/chronicle/collection/detective story/
 dictionary/editorial/encyclopedia/epic/fable/feature film/film script/folk tale/ghost story/graphic novel/guidebook/
 handbook/legend/letter/love story/monologue/musical/obituary/parody/petition/picture book/portrait/reportage/review/
 saga/satire/screenplay/short story/sketch/sonnet/study/thesis/thriller/tragedy/trilogy/tutorial/western/yearbook
topicadj: local/rising/modern/medieval/rural/urban/public/hidden/global/online/everyday/forgotten/private/seasonal/
 colonial/municipal/ethical/industrial/coastal/domestic/cheap/contemporary/regional/scientific/corporate/national/
 nineteenth-century/sustainable/experimental/alpine/maritime/political/informal/commercial/tropical/unfair/communal/
 digital/neglected/future/African/ancient/arctic/Asian/British/bureaucratic/classical/competitive/cultural/democratic/
 desert/early/eastern/ecological/economic/European/family/feminist/foreign/grassroots/ground-breaking/high-altitude/
 illegal/imperial/independent/inner-city/international/island/Latin American/legal/marine/mass/military/minority/
 mobile/modest/northern/obsolete/open-air/organised/Ottoman/outdoor/popular/post-war/provincial/religious/Renaissance/
 riverside/royal/secret/small-town/southern/subsidised/suburban/suspicious/traditional/unpaid/Victorian/virtual/
 volunteer/western/wartime/youth
topic: politics/transport/rents/astronomy/tax law/football/migration/architecture/wildlife/energy prices/folklore/
 insurance/cinema/poetry/school meals/pensions/fashion/genetics/parking fees/street food/privacy/robotics/fisheries/
 railways/theatre/childcare/advertising/linguistics/elections/mountaineering/recycling/medicine/typography/farming/
 tourism/chess/trade unions/weather patterns/dialects/banking/video games/psychology/water quality/satellites/housing/
 archaeology/perfumes/diets/mathematics/newspapers/beekeeping/jazz history/geology/airline tickets/philosophy/gossip/
 grammar/floods/subscriptions/public libraries/electric cars/volcanoes/shipping/textiles/statistics/vaccines/
 crime rates/museums/adoption/cycling lanes/accounting/acoustics/air pollution/algebra/alchemy/animal rights/animation/
 anthropology/apprenticeships/aquariums/artificial flavours/auctions/aviation/ballet/biodiversity/birdwatching/
 board games/botany/brewing/broadband/bullying/calligraphy/carnivals/cartography/censorship/ceramics/charity work/
 chemistry/circuses/civil engineering/cloud storage/coal mining/codes of conduct/comic books/commuting/copyright/
 coral reefs/cosmetics/criminology/cryptography/customs duties/data protection/debt/diplomacy/disability rights/
 dog training/drainage/earthquakes/e-commerce/economics/emigration/entomology/espionage/etymology/euthanasia/evolution/
 fairy tales/famine/fire safety/first aid/forestry/fossils/freelancing/funerals/furniture/gambling/gene therapy/
 glaciers/gold prices/graffiti/handicrafts/heat pumps/heraldry/herbal medicine/hip replacements/homework/horse racing/
 human rights/hygiene/immunology/inflation/inheritance/interior design/irrigation/jewellery/journalism/jury duty/
 karaoke/knitting/labour law/landscape painting/logic/loneliness/magic tricks/marriage/maternity leave/meteorites/
 microbes/minimum wages/monasteries/mortgages/mosquitoes/mythology/naval warfare/nightlife/nuclear power/nursing homes/
 nutrition/oceans/olive harvests/opera singing/optics/orchestras/origami/paleontology/parenting/patents/philately/
 photography/phonetics/piracy/plastics/playgrounds/plumbing/podcasts/police work/polar research/pottery/prisons/
 probability/property tax/public speaking/puppetry/radio drama/refugees/rhetoric/rivers/road safety/rocket science/
 rural buses/school uniforms/sculpture/second homes/sign language/slang/sleep research/social media/soil erosion/
 space travel/speed limits/spelling/spices/stamp duty/stand-up comedy/street lighting/sugar/superstition/surgery/
 tattoos/tea ceremonies/telegraphy/television/toys/traffic/translation/treasure hunting/tunnels/unemployment/utopias/
 vegetarianism/village life/war memorials/waste sorting/whales/wine/witchcraft/workplace safety/zoology
aspect: history/cost/ethics/decline/future/beauty/economics/language/psychology/geography/influence/mathematics/
 etiquette/risks/promise/origins/quality/revival/absurdity/fairness/importance/ambiguity/appeal/complexity/
 consequences/contradictions/dangers/defence/fate/folly/golden age/heroes/hypocrisy/invention/limits/meaning/mystery/
 myths/neglect/pleasures/popularity/price/purpose/regulation/rise/secrets/simplicity/sociology/terminology/triumph/
 usefulness/vocabulary
topicp: {topicadj} {topic}/{topic}/{topic} and {topic}/the {aspect} of {topic}/the {aspect} of {topicadj} {topic}/
 {topic} in {city}/{topicadj} {topic}
placeadj: crowded/quiet/muddy/sunny/abandoned/windy/narrow/nearby/tiny/old/busy/shaded/damp/cheerful/cobbled/steep/
 noisy/run-down/renovated/empty/distant/foggy/grand/modest/familiar/neighbouring/expensive/leafy/half-empty/tidy/
 underground/airy/bleak/bright/bustling/charming/chilly/cluttered/cosy/cramped/damaged/dark/deserted/dim/draughty/
 dreary/elegant/enormous/fashionable/flooded/friendly/frozen/gloomy/half-built/historic/humid/icy/lively/local/lonely/
 magnificent/makeshift/misty/mossy/mysterious/neglected/obscure/open-air/overgrown/peaceful/picturesque/provincial/
 refurbished/remote/rural/scenic/secluded/shabby/sleepy/snowy/spacious/stuffy/ugly/unheated/urban/vast/walled/warm/
 well-lit/whitewashed
place: harbour/park/library/market/bakery/riverbank/station/cinema/gym/courtyard/museum/forest/beach/cathedral/
 playground/cafe/bus stop/swimming pool/car park/allotment/rooftop/supermarket/theatre/bridge/square/pharmacy/stadium/
 workshop/bookshop/canal/vineyard/clinic/hilltop/town hall/tea house/launderette/orchard/lighthouse/mosque/school hall/
 ferry pier/food court/garage/kitchen/balcony/basement/tram depot/community centre/barber shop/temple/nature reserve/
 fish market/abbey/airport/alley/antique shop/aquarium/arcade/archive/arena/attic/auction house/bandstand/beer garden/
 bowling alley/brewery/bus depot/campsite/castle/cemetery/chapel/cheese shop/classroom/cloakroom/clock tower/
 concert hall/conservatory/cornfield/cottage/courthouse/crossroad/dance hall/deli/dock/dry cleaner/embankment/embassy/
 farmyard/fire station/florist/fountain/fortress/foyer/gallery/garden centre/golf course/greenhouse/guest house/
 hairdresser/hospital/hostel/hotel bar/ice rink/jetty/junkyard/kindergarten/kiosk/lake/lecture hall/lido/lobby/
 locksmith/marina/meadow/mill/monastery/monument/motorway/observatory/opera house/palace/pavilion/petrol station/
 picnic area/pier/planetarium/police station/post office/prison/promenade/pub/quarry/quay/racecourse/railway arch/
 reservoir/restaurant/roundabout/ruin/sauna/shipyard/skate park/snack bar/spa/staircase/stationery shop/synagogue/
 tannery/tavern/taxi rank/tennis court/terrace/toy shop/tunnel/underpass/velodrome/veranda/viaduct/village green/
 warehouse/waterfall/watermill/windmill/zoo
where: at the {placeadj} {place}/near the {place}/behind the {place}/in {a:placeadj} part of {city}/
 outside the {placeadj} {place}/between the {place} and the {place}/opposite the {place}/around {city}/at home
genre: jazz/folk songs/choral music/techno/blues/samba/opera/punk/film scores/string quartets/reggae/lullabies/fado/
 hip-hop/country ballads/tango/gospel/disco/sea shanties/flamenco/Afrobeat/baroque sonatas/ambient music/brass bands/
 funk/K-pop/acoustic covers/big band swing/bluegrass/bossa nova/brass fanfares/chamber music/chanson/cumbia/
 drum and bass/dub/fiddle tunes/garage rock/Gregorian chant/grunge/harp music/heavy metal/highlife/house music/klezmer/
 madrigals/marching songs/merengue/minimal music/motets/musicals/operetta/organ music/piano trios/polkas/pop anthems/
 progressive rock/protest songs/ragas/ragtime/requiems/rockabilly/rumba/salsa/show tunes/ska/soul/swing/symphonies/
 trip-hop/waltzes/work songs/yodelling
plant: tomatoes/lavender/orchids/chillies/sunflowers/roses/ferns/strawberries/herbs/tulips/beans/cacti/dahlias/
 courgettes/bonsai trees/garlic/geraniums/moss/apple trees/radishes/ivy/peonies/raspberries/aubergines/succulents/hops/
 asters/azaleas/bamboo/basil/begonias/blackberries/bluebells/broad beans/cabbages/camellias/carnations/carrots/
 cherry trees/chrysanthemums/clematis/crocuses/cucumbers/daffodils/daisies/fig trees/foxgloves/freesias/fuchsias/
 gooseberries/hollyhocks/honeysuckle/hyacinths/hydrangeas/irises/jasmine/kale/leeks/lemon trees/lilacs/lilies/
 magnolias/marigolds/mint/olive trees/onions/pansies/passion flowers/peppers/petunias/plum trees/poppies/potatoes/
 primroses/pumpkins/quinces/rhododendrons/rhubarb/rosemary/snowdrops/spinach/sweet peas/thistles/thyme/violets/wisteria
animal: cat/greyhound/parrot/goat/hedgehog/horse/crow/tortoise/pigeon/sheepdog/canary/donkey/squirrel/swan/terrier/
 rabbit/owl/hen/lizard/spaniel/fox/seal/butterfly/bumblebee/stork/hamster/alpaca/badger/barn cat/bat/beagle/beaver/
 blackbird/budgie/bulldog/calf/chameleon/cockatoo/collie/cow/dachshund/deerhound/dolphin/dragonfly/duck/eagle/ferret/
 finch/foal/frog/gecko/goose/guinea pig/gull/heron/husky/iguana/jackdaw/kestrel/kitten/labrador/lamb/llama/macaw/
 magpie/mule/newt/nightingale/otter/pointer/pony/poodle/pug/puppy/raccoon/robin/rooster/seagull/setter/snail/sparrow/
 spider/starling/swallow/tabby/toad/turkey/whippet/woodpecker
sport: badminton/rowing/rock climbing/table tennis/handball/judo/orienteering/fencing/cricket/basketball/volleyball/
 yoga/archery/cross-country skiing/futsal/open-water swimming/pilates/trail running/bouldering/dominoes/billiards/
 skateboarding/ballroom dancing/petanque/ice hockey/sailing/gymnastics/boxing/aikido/badminton doubles/
 beach volleyball/biathlon/bowls/canoe polo/canoeing/capoeira/croquet/curling/darts/diving/field hockey/figure skating/
 fly fishing/frisbee golf/golf/hurling/javelin throwing/karate/kickboxing/lacrosse/long-distance running/netball/padel/
 parkour/polo/powerlifting/race walking/roller derby/rugby/salsa dancing/shot-put/ski jumping/sledging/snooker/
 snowboarding/softball/speed skating/squash/sumo/surfing/swimming/synchronised swimming/taekwondo/tai chi/tennis/
 trampolining/triathlon/underwater hockey/wakeboarding/water polo/weightlifting/wheelchair basketball/windsurfing/
 wrestling
persadj: retired/cheerful/impatient/talkative/shy/ambitious/elderly/young/stubborn/generous/sarcastic/absent-minded/
 polite/eccentric/overworked/wealthy/soft-spoken/curious/gloomy/loyal/suspicious/charming/forgetful/strict/unlucky/
 clever/famous/foreign/sleepy/witty/arrogant/gentle/nosy/practical/self-taught/melancholic/trustworthy/restless/vain/
 frugal/newly wed/agreeable/amiable/anxious/awkward/bald/bashful/bearded/boastful/bossy/brave/busy/calm/careless/
 cautious/clumsy/confused/conservative/courteous/cynical/dapper/daring/delightful/devout/dignified/disciplined/dreamy/
 eager/earnest/easy-going/elegant/energetic/enthusiastic/fearless/fidgety/forgiving/friendly/funny/fussy/gifted/
 glamorous/gracious/greedy/grumpy/hard-working/helpful/humble/idealistic/idle/imaginative/inquisitive/jealous/jovial/
 kind/lanky/lazy/left-handed/lively/lonely/mischievous/modest/moody/mysterious/naive/nervous/obstinate/optimistic/
 outspoken/part-time/pedantic/pious/pompous/proud/punctual/quarrelsome/quick-witted/rebellious/reckless/red-haired/
 reserved/rude/scatterbrained/sceptical/selfish/sensible/serious/short-sighted/sincere/sociable/solemn/spoilt/stern/
 superstitious/tactless/tall/temperamental/thoughtful/tidy/timid/tired/tough/uninvited/unemployed/vegetarian/well-read/
 young-looking/zealous
role: teacher/neighbour/nurse/plumber/student/colleague/shopkeeper/bus driver/tourist/accountant/cyclist/journalist/
 pensioner/landlord/carpenter/musician/waiter/lawyer/farmer/toddler/teenager/politician/stranger/hairdresser/mechanic/
 dentist/poet/goalkeeper/librarian/electrician/pharmacist/baker/actor/soldier/optician/scientist/gardener/volunteer/
 customer/parent/manager/influencer/philosopher/philatelist/referee/tailor/receptionist/courier/beekeeper/historian/
 engineer/sculptor/acrobat/ambassador/anaesthetist/antique dealer/archaeologist/architect/astronomer/auctioneer/barber/
 bartender/biologist/blacksmith/bookkeeper/bookseller/botanist/bricklayer/broker/butcher/butler/cabinet maker/
 caretaker/cartoonist/cellist/chauffeur/chemist/childminder/chiropractor/choreographer/cleaner/cobbler/columnist/
 comedian/composer/conductor/cook/councillor/crossing guard/curator/dancer/decorator/designer/detective/diplomat/diver/
 driving instructor/drummer/economist/editor/estate agent/film critic/firefighter/fisher/florist/forester/geologist/
 glazier/goldsmith/guitarist/hotelier/illustrator/immigrant/inspector/interpreter/inventor/investor/janitor/jeweller/
 jockey/judge/juggler/laboratory assistant/lifeguard/lighthouse keeper/linguist/locksmith/magician/mathematician/
 midwifery student/miner/missionary/monk/mountaineer/novelist/nutritionist/opera singer/optometrist/orthodontist/
 osteopath/painter/paramedic/park ranger/pastry cook/photographer/pianist/pilot/postal worker/potter/printer/
 prison officer/professor/programmer/psychologist/puppeteer/radiologist/recruiter/reporter/roofer/sailor/saxophonist/
 school friend/seamstress/secretary/security guard/shepherd/ski instructor/sommelier/statistician/stonemason/
 street musician/surgeon/swimmer/taxi driver/tenant/theologian/train driver/tram conductor/translator/treasurer/
 trumpeter/undertaker/upholsterer/vet/violinist/watchmaker/weaver/webmaster/welder/zookeeper
relation: cousin/sister/brother/uncle/aunt/grandmother/neighbour/mother-in-law/best friend/former boss/flatmate/godson/
 niece/nephew/stepfather/mentor/old classmate/business partner/cleaner/choir leader/physiotherapist/landlady/
 training partner/chess opponent/half-brother/penfriend/daughter/son/former teacher/deskmate/babysitter/bandmate/
 bridesmaid/brother-in-law/carpool partner/dance partner/eldest child/ex-husband's sister/first love/foster brother/
 goddaughter/grandfather/grandson/great-aunt/hiking companion/housemate/key holder/language partner/lodger/
 oldest friend/pub quiz partner/sister-in-law/stepdaughter/stepsister/tennis partner/twin brother/twin sister/
 youngest child
friend: {given}/{given} {family}/your {relation} {given}
people: your {relation}/{friend}/{a:persadj} {role}/{persadj} {s:role}/your {persadj} {relation}/
 {number} {persadj} {s:role}/{friend} and your {relation}/the {role} from the {place}/fellow {s:role}
peoples: {persadj} {s:role}/{s:role}/{s:role} and {s:role}/{s:role} from {city}/{s:role} in {city}/most {s:role}/
 other {s:role}
traitadj: patient/blunt/curious/cautious/warm/ironic/methodical/impulsive/reserved/diplomatic/tireless/sceptical/
 playful/competitive/thrifty/sentimental/punctual/dreamy/outspoken/calm/protective/perfectionist/modest/adventurous/
 tactful/moody/resourceful/easily distracted/generous/strict/romantic/analytical/superstitious/proud/forgiving/
 restrained/daring/fussy/good-humoured/nostalgic/pragmatic/inquisitive/hesitant/decisive/secretive/attentive/
 rebellious/trusting/hospitable/absent-minded/adaptable/affectionate/aloof/amiable/anxious/argumentative/articulate/
 bashful/bold/brusque/bubbly/careful/charitable/cheerful/clumsy/composed/conscientious/considerate/contrary/
 cooperative/courteous/cynical/defensive/dependable/detached/determined/devoted/dignified/direct/disorganised/docile/
 dogmatic/earnest/easy-going/eloquent/empathetic/energetic/evasive/exacting/excitable/fearless/fickle/flexible/frank/
 frugal/gentle/gracious/gullible/hard-headed/headstrong/helpful/humble/idealistic/imaginative/impatient/independent/
 indulgent/industrious/insecure/introspective/intuitive/irritable/jovial/judgemental/lenient/level-headed/
 light-hearted/literal/logical/loyal/mischievous/neat/obliging/observant/open-minded/opinionated/optimistic/orderly/
 passionate/perceptive/persistent/persuasive/pessimistic/petty/placid/poised/polite/possessive/precise/private/
 quick-tempered/quiet/quirky/rational/realistic/reckless/reflective/reliable/respectful/self-critical/self-deprecating/
 sensitive/serious/sincere/spontaneous/stern/stoic/stubborn/studious/sympathetic/talkative/temperamental/tenacious/
 tender/thorough/timid/tolerant/unassuming/uncompromising/unflappable/vigilant/vivacious/wary/whimsical/wistful/wry
emotion: irritated/nervous/elated/homesick/calm/ashamed/jealous/grateful/bored/hopeful/tense/guilty/amused/drowsy/
 proud/lonely/impatient/relieved/melancholic/suspicious/talkative/inspired/overwhelmed/sulky/energetic/sad/thirsty/
 confident/agitated/alert/anxious/apprehensive/astonished/bitter/blissful/cheerful/cheated/comfortable/content/cross/
 curious/defeated/delighted/determined/disappointed/disgusted/dizzy/embarrassed/envious/excited/exhausted/fidgety/
 flattered/foolish/frustrated/furious/gloomy/humble/hungry/hurt/ignored/indifferent/insulted/invincible/joyful/lazy/
 light-hearted/lost/moved/mischievous/needed/numb/optimistic/peaceful/powerless/puzzled/refreshed/regretful/remorseful/
 resentful/resigned/restless/satisfied/sceptical/sentimental/shy/sleepy/stressed/tender/tired/torn/touched/triumphant/
 uneasy/useful/useless/vulnerable/weary/wide awake/worried
value: honesty/patience/loyalty/punctuality/thrift/curiosity/courage/privacy/tradition/comfort/fairness/ambition/
 humour/discipline/solitude/hospitality/modesty/independence/craftsmanship/friendship/efficiency/kindness/knowledge/
 freedom/security/silence/order/beauty/spontaneity/forgiveness/reputation/faith/solidarity/doubt/stubbornness/luck/
 good manners/accuracy/adventure/affection/authenticity/autonomy/balance/candour/caution/charity/cleanliness/
 common sense/compassion/compromise/confidence/consistency/courtesy/creativity/credibility/dedication/democracy/
 determination/devotion/dignity/diligence/diplomacy/duty/elegance/empathy/endurance/enthusiasm/equality/experience/
 expertise/fame/family/flexibility/generosity/good taste/gratitude/hard work/harmony/health/heritage/hope/humility/
 idealism/imagination/ingenuity/integrity/intuition/justice/leisure/logic/mercy/moderation/novelty/obedience/openness/
 optimism/originality/peace/perseverance/persistence/piety/playfulness/politeness/power/pragmatism/precision/prestige/
 progress/prosperity/prudence/rationality/realism/reason/resilience/respect/responsibility/restraint/romance/
 self-control/sense of duty/serenity/simplicity/sincerity/stability/status/tact/tenacity/tolerance/transparency/trust/
 truth/unity/vigilance/wealth/willpower/wisdom/wit
freq: often/rarely/usually/sometimes/seldom/frequently/gladly/quietly/secretly/reluctantly/patiently/happily/
 almost never/nearly always/stubbornly/occasionally/absent-mindedly/carefully/eagerly/grudgingly/regularly/
 instinctively/cheerfully/politely/hardly ever/proudly/invariably/inevitably/affectionately/all too often/always/
 awkwardly/boldly/bravely/briefly/calmly/constantly/courteously/dutifully/earnestly/effortlessly/endlessly/
 enthusiastically/firmly/generally/gently/habitually/hastily/impulsively/intermittently/loudly/meticulously/
 more and more/nervously/never/normally/obsessively/openly/over and over/periodically/playfully/repeatedly/
 scarcely ever/seriously/shamelessly/slowly/solemnly/spontaneously/sporadically/sullenly/thoughtfully/tirelessly/
 traditionally/warily/wearily/willingly
month: January/February/March/April/May/June/July/August/September/October/November/December
weekday: Monday/Tuesday/Wednesday/Thursday/Friday/Saturday/Sunday
season: spring/summer/autumn/winter/rainy/frosty/holiday
daypart: morning/afternoon/evening/night/weekend/lunch break
event: breakfast/lunch/a long shift/the evening news/exam weeks/a heated argument/family visits/choir practice/
 a bad night/the first coffee/payday/elections/football matches/a power cut/religious holidays/a dentist appointment/
 thunderstorms/tax season/supper/a train journey/a funeral/someone else's wedding/the school run/a hangover/
 staff meetings/a birthday party/a board meeting/a cold shower/a concert/a delayed flight/a family feud/
 a farewell party/a fire drill/a first date/a full moon/a haircut/a heatwave/a job interview/a late dinner/
 a long phone call/a neighbourhood party/a night shift/a parking fine/a picnic/a pub quiz/a rehearsal/
 a sleepless night/a snowstorm/a strike/a trade fair/afternoon tea/an audit/an eye test/bath time/bedtime/brunch/
 carnival/church/deadlines/dental surgery/exams/flu season/harvest time/heavy rain/house moves/jury service/
 market days/midnight/parents' evenings/prayer/rush hour/sales/siesta/spring cleaning/stocktaking/sunrise/sunset/
 the commute/the New Year/the weather forecast/therapy/training/volunteering/warm-up exercises/yoga
when: on {weekday}s/before {event}/after {event}/during {event}/on {season} {daypart}s/every other {weekday}/
 around {clock}/once a month/in early {month}/in late {month}/whenever {situation}/until {clock}/
 on {weekday} {daypart}s/in {month}/{number} times a year/between {event} and {event}/every {season} {daypart}
vcook: bake/cook/prepare/share/taste/freeze/season/serve/order/improvise/crave/devour/burn/marinate/photograph/sell/
 cater/fry/reheat/steam/present/invent/sample/garnish/donate/avoid
vcraft: repair/restore/paint/collect/sketch/assemble/polish/sell/photograph/rent/dismantle/buy/lend/admire/test/clean/
 return/hoard/compare/design/decorate/misplace/recommend/import/engrave/draw/varnish/unpack/wrap/measure/weigh/inherit/
 donate/give away/wash/oil/dust/catalogue/auction/rearrange/hide/customise/upgrade/inspect/haggle over/search for/
 research
vread: read/discuss/borrow/review/translate/reread/recommend/annotate/summarise/criticise/finish/proofread/publish/
 quote
vmove: walk/cycle/jog/stroll/wander/drive/hike/loiter/sit/daydream/eat/nap/rest
vtalk: argue/chat/talk/joke/gossip/debate/negotiate/bicker/philosophise/correspond/disagree/consult/brainstorm/
 commiserate
vsport: play/practise/watch/teach/study/coach/enjoy/miss/postpone
vgrow: grow/water/prune/plant/photograph/sell/mark/swap/neglect/draw/transplant
vmusic: listen to/play/sing/record/hum/dance to/download/study/arrange/transcribe
vcare: feed/rescue/train/sketch/follow/befriend/photograph/pamper/adopt/watch
vlearn: study/research/investigate/write about/explain/lecture on/joke about/explore/worry about/complain about/teach/
 analyse/teach yourself about/argue over/memorise facts about/speculate about/lose sleep over/collect articles on/
 make jokes about/quote statistics on/ask questions about/watch films about/follow news about/dream about/romanticise/
 look up
vhelp: help/visit/call/encourage/tease/advise/email/entertain/avoid/forgive/invite/interrupt/surprise/thank/correct/
 imitate/apologise to/argue with/babysit for/compliment/congratulate/console/cook for/defend/depend on/dine with/drive/
 embarrass/envy/flatter/follow/greet/hug/ignore/introduce/laugh with/lend money to/listen to/look after/mentor/miss/
 nag/negotiate with/observe/outwit/photograph/play cards with/pray for/protect/question/rely on/respect/shop with/
 shout at/support/telephone/text/trust/wait for/walk with/warn/worry about/write to
act: {vcook} {foodadj} {s:dish} with {ingredient}/{vcook} {foodadj} {s:dish} for {people}/
 {vcook} {foodadj} {s:dish} {when}/{vcraft} {objadj} {s:object}/{vcraft} {a:objadj} {object} {where}/
 {vcraft} {objadj} {s:object} with {people}/{vread} {bookadj} {s:book} about {topicp}/{vread} {bookadj} {s:book}/
 {vread} {a:bookadj} {book} {when}/{vmove} {where} {when}/{vmove} {where} with {people}/
 {vtalk} with {people} about {topicp}/{vtalk} about {topicp}/{vsport} {sport} {where}/{vsport} {sport} with {people}/
 {vgrow} {plant} {where}/{vgrow} {plant} and {plant}/{vmusic} {genre} with {people}/{vmusic} {genre} {when}/
 {vcare} {a:persadj} {animal}/{vlearn} {topicp}/{vlearn} {topicp} {when}/{vhelp} {people}/{vhelp} {people} {when}
breaks: break down/get lost/arrive late/cost more than {money}/turn out {objadj}/disappear/need repairs/
 are out of stock/go on sale/fall apart/look {objadj}/gather dust/end up {where}
bother: interrupt you/talk over {people}/ask about {topicp}/lecture you on {topicp}/forget {event}/
 cancel without warning/show up {where}/praise your {s:dish}/doubt your {value}/borrow {a:objadj} {object}/
 whistle {genre}/compete over {topic}/laugh about {topicp}/ignore {topicp}/waste {ingredient}/bring up {topic}/
 mention {city}/need {value}/confuse {value} with {value}
situation: {peoples} {bother}/{persadj} {s:role} {bother}/{s:object} {breaks}/{objadj} {s:object} {breaks}/
 it rains {where}/plans change at {clock}/the {place} gets {placeadj}/a bill exceeds {money}/{friend} feels {emotion}/
 your {relation} feels {emotion}/the {place} smells of {ingredient}/{topic} comes up {where}/nobody mentions {topic}/
 {a:animal} appears {where}/someone {does:vcook} {foodadj} {s:dish}/someone {does:vlearn} {topicp}/
 there is {genre} {where}
trait: you are {traitadj} and {traitadj} when {situation}/you {freq} {act}, even when {situation}/
 you prefer {ing:act} to {ing:act}/{peoples} describe you as {traitadj}, {traitadj} and {freq} {traitadj}/
 you would rather {act} than {act}/you get {emotion} if {situation}, though {ing:act} helps/
 you trust {peoples} more than {peoples}/you value {value} above {value}, particularly when {situation}/
 you turn {traitadj} {when} and {emotion} {when}/under pressure you {act} and become {traitadj}/
 strangers think you are {traitadj}; {people} would say {traitadj}/
 you admire {value} in {peoples} but {freq} tolerate {value}/{freq} {traitadj}, you {act} to avoid feeling {emotion}/
 when {situation}, you stay {traitadj} and {act}/you pretend to be {emotion} whenever {situation}/
 your {value} makes you {traitadj}; your {value} makes you {emotion} {when}/you {act} as though nobody were {emotion}
level: high/very high/moderate/low/rather low/above average/variable/medium/unusually high/modest/fairly low
openness: {level}, {freq} drawn to {topicp}/{level}; {traitadj} about {bookadj} {s:book}/
 {level}, wary of {genre} and {topic}/{level}, keen on {foodadj} {s:dish}/{level}; happy to {vlearn} {topicp}
conscientiousness: {level}, {traitadj} about {topic}/{level}; {freq} late for {event}/{level}, {traitadj} {when}/
 {level}; bills paid by {clock} {when}/{level}, careful with {objadj} {s:object}
extraversion: {level}, {traitadj} among {s:role}/{level}; {emotion} after {event}/{level}, at ease {where}/
 {level}; {freq} the first to {vtalk} about {topic}/{level}, {emotion} around {persadj} {s:role}
agreeableness: {level}, {traitadj} with {persadj} {s:role}/{level}; {freq} gives in about {topic}/
 {level}, {traitadj} rather than {traitadj}/{level}; forgives {s:role} but not {s:role}/
 {level}, short on {value}, long on {value}
neuroticism: {level}, {emotion} about {topicp}/{level}; {emotion} {when}/{level}, rarely {emotion}, {freq} {emotion}/
 {level}; sleeps badly after {event}/{level}, dreads {topic} and {event}
goal: {act} without feeling {emotion}/save {money} for {a:objadj} {object} and a month in {city}/
 open {a:placeadj} {place} in {city} that sells {s:object} and {s:dish}/become {a:traitadj} {role} who {does:act}/
 write {a:bookadj} {book} about {topicp} by {number} different {s:role}/
 move to {a:placeadj} {place} near {city} and {act}/teach {people} to {act}/learn enough about {topicp} to {act}/
 win {a:sport} tournament in {city} together with {people}/master {genre} well enough to impress {people}/
 convince {peoples} that {value} matters more than {value}/repay {money} to {people} before {month}/
 found {a:topicadj} association for {topic} and {topic}/stop {ing:act} {when}/
 spend less than {money} a month on {s:object} and {topic}/overcome {topic}-related worries and {act}/
 have {a:animal} and a garden with {plant} {where}
interest: {topicp}/{topicadj} {topic} and {topic}/{ing:vgrow} {plant}/{ing:vcraft} {objadj} {s:object}/
 {genre} and {genre}/{bookadj} {s:book} on {topic}/{sport} and {sport}/{foodadj} {s:dish} from {city}/
 {s:animal} {where}/the {aspect} of {topicp}/{ing:vread} {bookadj} {s:book}/{ing:vsport} {sport} {when}/
 {ing:vcook} {s:dish} with {ingredient}
like: {foodadj} {s:dish} with {ingredient}/{objadj} {s:object} that never {breaks}/{placeadj} {s:place} {when}/
 {genre} {when}/{ing:act}/{persadj} {s:role} who {bother}/{s:animal} and {s:animal}/the smell of {ingredient} {when}/
 {season} {daypart}s {where}/{bookadj} {s:book} by {persadj} {s:role}/{value} in {peoples}/{weekday}s without {topic}/
 being {emotion} with {people}
dislike: {peoples} who {bother}/{foodadj} {s:dish} without {ingredient}/{objadj} {s:object} {where}/
 {ing:vtalk} about {topicp}/paying {money} for {a:objadj} {object}/{placeadj} {s:place} {when}/{genre} played {where}/
 {value} mistaken for {value}/{bookadj} {s:book} about {topic}/{persadj} {s:role} before {clock}/
 waiting {where} {when}/{ing:act}
skill: {ing:vcraft} {objadj} {s:object}/{ing:task}/{ing:task} for {peoples}/
 {ing:vcook} {foodadj} {s:dish} for {number} guests/{ing:vread} {bookadj} {s:book} quickly/
 {sport} at amateur level, {sport} at beginner level/estimating the price of {objadj} {s:object}/
 {ing:vlearn} {topicp} to {persadj} {s:role}/calming {persadj} {s:role} when {situation}/
 {ing:vtalk} about {topic} with {value}/telling {number} sorts of {plant} apart/imitating {persadj} {s:role}/
 remembering {topic}, {s:dish} and birthdays
verbinst: fund/regulate/ignore/simplify/protect/ban/tax/celebrate/improve/measure/teach/subsidise/discuss/publish/
 reform/trust
inst: schools/councils/banks/universities/newspapers/hospitals/employers/charities/courts/supermarkets/governments/
 museums/landlords/startups/parliaments/airlines/families/trade unions/villages/insurers/churches/advertisers/
 big companies
abst: shapes/undermines/rewards/outlives/replaces/needs/reveals/excuses/protects/costs more than/begins with/
 depends on/survives without/matters less than/is often confused with/grows out of/ruins/is cheaper than
belief: {inst} should {verbinst} {topicp} before they {verbinst} {topicp}/
 {value} {abst} {value}, whatever {peoples} say/{peoples} understand {topicp} better than {inst}/
 no {object} is worth more than {money}/{value} {abst} {topicp}/{topicp} will change {city} more than {topicp}/
 {a:objadj} {object} cannot replace {value}/{inst} {verbinst} {topic} only when {situation}/
 {ing:act} is good for {value}/{a:persadj} {role} deserves {value}, not {value}/it is wrong to {act} when {situation}/
 children should {act} before they {vlearn} {topic}/without {value}, {topicp} would collapse/
 nearly {number} percent of {s:role} secretly {act}/people who {act} {freq} lack {value}/
 prices of {s:object} reflect {value}, not {topic}/the {aspect} of {topic} is a matter of {value}/
 {inst} owe {peoples} {value} and affordable {s:object}
general: {freq} {does:act}/{does:act} when {situation}/{does:act} to feel less {emotion}/
 {freq} asks {people} about {topicp}/never leaves the {place} without {a:objadj} {object}/
 becomes {emotion} when {situation}/keeps {objadj} {s:object} {where}/compares prices of {s:object} {when}/
 quotes {bookadj} {s:book} when {situation}/apologises to {people} after {ing:vtalk} about {topic}/
 hums {genre} while {ing:act}/writes lists of {topic}, {s:dish} and {s:object}/counts {s:animal} {where}/
 spends up to {money} on {s:object} and regrets it {when}/postpones {topic} until {event}
duration: twenty minutes/an hour/half an hour/a quarter of an hour/two hours/ten minutes/far too long
morning: gets up at {dawn} and {does:act}/{does:act} before {event}/drinks {foodadj} tea with {ingredient} {where}/
 {does:vlearn} {topicp} over {foodadj} {s:dish}/leaves for work at {dawn}, {freq} with {a:objadj} {object}/
 spends {duration} {ing:act}/{does:vhelp} {people} while {genre} plays/walks past the {placeadj} {place} by {dawn}
workday: starts to {task} at {noon}/{does:task} with {people}/{does:task} until {noon}, then {does:task}/
 meets {people} {where} at {noon}/eats {foodadj} {s:dish} {where}/
 spends {duration} explaining {topic} to {persadj} {s:role}/{freq} {does:task} {when}/{does:task} because {situation}
evening: {does:act}/{does:act} until {dusk}/comes home around {dusk} and {does:act}/
 {does:vcook} {foodadj} {s:dish}, {does:vtalk} with {people}/
 falls asleep at {dusk} over {a:bookadj} {book} about {topic}/spends {duration} {ing:act}/
 {does:vmusic} {genre} and {does:vcraft} {s:object}
weekend: {does:act} on {weekday}s/takes {people} to the {placeadj} {place}/{does:act}, {freq} {when}/
 spends {duration} {ing:act}/drives to {city} for {topic} or {foodadj} {s:dish}/
 sleeps until {clock} unless {situation}/hosts {people} for {foodadj} {s:dish}/
 {does:vsport} {sport} {where}, then {does:act}
routine: {evening}/{weekend}/{general}
education: you studied {topic} and {topic} in {city}, finishing in {year} with {a:bookadj} thesis on {topicp}/
 {a:persadj} {role} taught you to {act}/you left school in {year} to {task}/
 in {year} you took {a:topicadj} course in {topic} {where}/your favourite subject was {topic}, your worst {topic}/
 a certificate in {topicp} followed in {year}, paid for by {people}/you learned to {task} as an apprentice {where}/
 a scholarship worth {money} brought you to {city} in {year}/since {year} you {act} at {daypart} classes/
 you remember {traitadj} lecturers, {foodadj} {s:dish} and {genre}
job: you {task} and {task}/you joined in {year}, after {people} noticed your {value}/
 most days you {task}, {freq} {when}/your {traitadj} manager wants you to {task} instead/
 {peoples} ask you to {task} whenever {situation}/
 you share {a:placeadj} office {where} with {number} {traitadj} colleagues/
 you earn about {money} more than {a:persadj} {role}/you are {emotion} when you {task}, less so when you {task}/
 you proposed to {task} with {objadj} {s:object}/in {year} you were praised for {ing:task} despite {event}/
 what you dislike is having to {task} when {situation}/your colleagues {act}, which makes you {emotion}/
 you hope to {task} for {inst} in {city}
tone: dry/warm/formal/rambling/precise/ironic/old-fashioned/hurried/gentle/theatrical/laconic/enthusiastic/hushed/
 colourful/abrupt/academic/affected/apologetic/bookish/breathless/brisk/cautious/clipped/conversational/courteous/
 deadpan/direct/flowery/frank/friendly/frosty/jovial/lofty/lyrical/measured/mellow/mocking/monotonous/musical/nasal/
 pompous/poetic/quick/raspy/sarcastic/simple/sing-song/slangy/slow/solemn/terse/thoughtful/tender/verbose/whispering/
 wry
style: {a:tone}, {tone} voice that turns {tone} when {situation}/
 you dress in {objadj} jackets and {objadj} shoes, {freq} bought {where}/
 you answer in {tone} sentences and quote {bookadj} {s:book}/your messages are {tone} and full of {topic}/
 you mix {topicadj} expressions with jokes about {topicp}/
 you gesture like {a:persadj} {role} and laugh when {situation}/you explain everything by way of {topic} or {s:dish}/
 your handwriting is {traitadj}, your emails {tone}
ailment: mild asthma/hay fever/lower back pain/migraines/a nut allergy/short-sightedness/high blood pressure/insomnia/
 a stiff knee/lactose intolerance/tinnitus/eczema/an old shoulder injury/flat feet/low iron/heartburn/sensitive teeth/
 type 2 diabetes
health: you have {ailment}, worse {when}/{sport} {when} keeps you fit/you sleep badly when {situation}/
 your doctor, {a:traitadj} {role}, advises against {foodadj} {s:dish}/
 since {year} you have had {ailment} and avoid {ingredient}/
 you gave up {foodadj} {s:dish} in {year} and feel {emotion}/you swear by {ingredient} against {ailment}/
 {ing:act} calms you when {ailment} returns
bond: your {relation}, {a:persadj} {role} of {age}, who {does:act}/{a:traitadj} {role} you met {where} in {year}/
 the {traitadj} {relation} with whom you {act}/your {persadj} {relation}; you {vtalk} about {topicp} and {freq} {act}/
 a former {role} from {city} who {does:act} and trusts you with {topic}/
 your {relation}, {emotion} since {year} because {situation}
fact: you grew up {where} in {city}, where {peoples} {act}/
 in {year} you lost {a:objadj} {object} worth {money} {where}/
 you once met {a:persadj} {role} {where} and still {act} together/
 your {relation} was {a:persadj} {role} who loved {topicp}/
 you own {number} {objadj} {s:object} and {a:persadj} {animal}/you pay {money} a month for {topic} and {topic}/
 {people} cannot forget {event} in {year}/you cannot stand {ingredient} since {event} in {city}/
 you speak some words of every dialect heard {where}/you won {a:objadj} {object} for {sport} in {year}/
 your first wage was {money}, spent on {foodadj} {s:dish} and {a:objadj} {object}/
 you {freq} vote, mostly because of {topicp}/your flat {where} is full of {objadj} {s:object} and {plant}/
 you named {a:animal} after {a:persadj} {role} from {city}/
 you keep {a:bookadj} {book} on {topicp} beside {a:objadj} {object}/you owe {people} {money} for {a:objadj} {object}/
 since {year} you have been {emotion} about {topicp}/you nearly moved to {city} in {year} to {act}
opener: honestly/well/to be fair/you know/I suppose/right now/as I said/frankly/oddly enough/last week/
 if I remember correctly/between us/for once/these days/as usual/in my view/sorry to say/believe it or not/luckily/
 sadly/to my surprise/by the way
deal: I would pay {money} for/I was offered {money} off/they charged me {money} for/I would not give {money} for/
 the shop wants {money} for/my sister spent {money} on/someone online asks {money} for/I saved {money} on
talk: my {relation} {freq} {does:vcook} {foodadj} {s:dish}/I {freq} {vtalk} about {topic} after {event}/
 the {place} was {placeadj} again on {weekday}/it felt {objadj}, and I was {emotion}/
 I {vread} {bookadj} {s:book} around {clock}/I doubt {persadj} {s:role} would buy that in {month}/
 it broke after {number} weeks near the {place}/I only want something {objadj} that is not {objadj}/
 the {objadj} one would suit my {relation}/{topic} and {topic} eat up my budget/
 with {ingredient} it tastes {foodadj} and {foodadj}/for {money} I expect {value}/
 the {role} at the {place} seemed {emotion}/we {freq} {vmove} to the {place} on {weekday}s/
 my {animal} made me {emotion}
filler: I see/of course/maybe later/not really/thank you/what about you?/that depends/I am not sure/
 let me think about it/it is what it is/we shall see/tell me more/honestly/perhaps/exactly/sure/fair enough/
 I could be wrong about that/that is how I see it/why do you ask?/nobody asked me about it/it all adds up in the end/
 I would have to think twice/anyway/no idea/hard to say/I like it/more or less/do you agree with that?/
 give me a day or two
"""

SECTORS = """
healthcare|nurse/midwife/radiographer/pharmacist/dental hygienist/paramedic/ward manager|Clinic/Hospital/Care Group/
 Pharmacy|check/record/explain/order/discuss/review/sort|patient charts/vaccine stocks/blood results/night rosters/
 wound dressings/discharge letters/dosage plans/hygiene rules/insurance forms/X-ray images
education|primary teacher/lecturer/school librarian/tutor/headteacher/language trainer|Academy/College/School/
 Learning Centre|grade/prepare/plan/explain/adapt/discuss/file|exam papers/reading lists/parent evenings/
 science projects/lesson plans/school trips/spelling tests/report cards/seating plans/scholarship files
construction|architect/site manager/electrician/bricklayer/surveyor/crane operator|Builders/Construction/Engineering/
 Contractors|inspect/measure/draw/approve/order/repair/supervise|roof trusses/floor plans/scaffolding/wiring diagrams/
 concrete samples/building permits/drainage pipes/stairwells/safety reports/facade panels
retail|shop assistant/buyer/store manager/window dresser/cashier/category planner|Stores/Market/Outfitters/Trading|
 price/display/reorder/count/advertise/unpack/compare|winter coats/shelf labels/loyalty cards/returned parcels/
 gift sets/clearance items/delivery notes/checkout queues/sample packs/seasonal displays
software|developer/test engineer/product manager/data analyst/system administrator/interface designer|Software/Systems/
 Labs/Digital|test/document/review/design/refactor/estimate/monitor|login forms/payment services/error logs/
 search filters/release notes/mobile layouts/backup scripts/user surveys/billing rules/database queries
farming|dairy farmer/agronomist/orchard keeper/winemaker/vet assistant/farm manager|Farms/Estate/Growers/Cooperative|
 inspect/harvest/deliver/weigh/irrigate/prepare/sell|wheat fields/milk tanks/apple crates/seed orders/greenhouse beds/
 grazing plans/soil samples/grape vines/hay bales/egg boxes
logistics|lorry driver/dispatcher/warehouse clerk/customs agent/fleet manager/ship broker|Logistics/Freight/Shipping/
 Couriers|route/load/track/schedule/insure/scan/clear|container loads/customs papers/pallets/night deliveries/
 fuel receipts/tracking reports/fragile parcels/driver shifts/loading docks/cold chains
finance|accountant/loan officer/auditor/actuary/bank clerk/tax adviser|Bank/Partners/Capital/Insurance|audit/reconcile/
 calculate/explain/forecast/approve/file|tax returns/mortgage files/expense claims/pension plans/annual reports/
 risk tables/small loans/payroll sheets/fraud alerts/quarterly budgets
hospitality|chef/hotel manager/barista/waiter/tour guide/event planner|Hotel/Kitchen/Catering/Inn|plan/serve/season/
 book/taste/price/improve|tasting menus/wedding banquets/breakfast trays/room bookings/wine lists/guest complaints/
 table layouts/city walks/allergy notes/supplier orders
media|reporter/photo editor/sound engineer/translator/copywriter/radio host|Press/Studios/Media/Publishing|edit/record/
 research/translate/pitch/proofread/caption|front pages/court reports/interview tapes/film reviews/subtitles/
 press photos/opinion columns/weather bulletins/travel features/book contracts
manufacturing|machinist/quality inspector/shift leader/process engineer/welder/fitter|Works/Industries/Manufacturing/
 Tools|calibrate/assemble/inspect/lubricate/order/test/rebuild|gear housings/conveyor belts/valve seals/steel brackets/
 spare parts/paint lines/torque wrenches/shift logs/pump motors/packing machines
public service|social worker/town planner/police officer/firefighter/registrar/park ranger|Council/Agency/Office/
 Authority|review/inspect/answer/coordinate/archive/explain/publish|housing files/noise complaints/bus timetables/
 zoning maps/emergency drills/birth certificates/flood plans/citizen letters/road closures/grant requests
"""

ORGANIZATIONS = """
Alder Beacon Cobalt Delta Ember Falcon Granite Harbour Ivory Juniper Keystone Lumen Meridian Nimbus Orchard Pioneer
Quarry Riverside Summit Tandem Union Vertex Willow Zenith Aurora Brightwater Castle Drake Evergreen Foxglove
Greenfield Hawthorn Islander Jubilee Kestrel Linden Magnolia Northgate Oakridge Parallel Quill Redwood Sterling
Thistle Umbra Valley Westfield Anchor Birch Crescent Dovetail Eastern Fairview Gable Highland Iris Jasper Kingfisher
Lantern Mosaic Nettle Opal Pelican
"""

COUNTRIES = """
Brazil|Brazilian|_
São Paulo,Recife,Curitiba,Belém,Salvador,Goiânia
João,Thiago,Caio,Rafael,Otávio,Luís,Murilo,Davi,Bruno,Heitor,Vinícius,Fábio
Ana,Beatriz,Larissa,Júlia,Camila,Letícia,Renata,Heloísa,Bianca,Mariana,Sílvia,Tainá
Souza,Oliveira,Pereira,Araújo,Barbosa,Cardoso,Teixeira,Moraes,Nogueira,Azevedo,Rezende,Brandão,Fonseca,Peixoto,
 Siqueira,Vasconcelos,Macedo,Pinheiro,Amaral,Guimarães,Queiroz,Leite,Falcão,Drummond
Germany|German|-
Hamburg,Leipzig,Köln,Freiburg,Kassel,Nürnberg
Jörg,Lukas,Matthias,Felix,Jürgen,Karl,Stefan,Uwe,Moritz,Till,Heiko,Björn
Anneliese,Käthe,Sabine,Lena,Ulrike,Grete,Franziska,Heike,Mareike,Clara,Jördis,Ilse
Müller,Schäfer,Vogel,Krüger,Lehmann,Brandt,Köhler,Winter,Busch,Seidel,Böhm,Franke,Albrecht,Kühn,Ziegler,Arnold,Pohl,
 Jäger,Engel,Dietrich,Sauer,Voß,Hübner,Thiele
Nigeria|Nigerian|_
Lagos,Ibadan,Abuja,Enugu,Kano,Benin City
Chinedu,Emeka,Tunde,Ifeanyi,Sola,Obinna,Kelechi,Femi,Uche,Segun,Musa,Dapo
Ngozi,Adaeze,Folake,Amaka,Yetunde,Chioma,Bisi,Zainab,Ifeoma,Temitope,Nneka,Halima
Okafor,Adeyemi,Balogun,Eze,Nwosu,Ogunleye,Okeke,Bello,Danjuma,Afolabi,Onyekachi,Akande,Obi,Oyelaran,Umeh,Sanusi,Ibekwe,
 Adebayo,Chukwu,Ojo,Lawal,Igwe,Fashola,Nnamdi
India|Indian|_
Pune,Kochi,Jaipur,Kolkata,Mysuru,Lucknow
Arjun,Rohan,Vikram,Sanjay,Aditya,Harish,Imran,Karthik,Nikhil,Suresh,Deepak,Manoj
Priya,Ananya,Kavita,Meera,Lakshmi,Shreya,Nandini,Fatima,Divya,Pooja,Sunita,Rekha
Sharma,Iyer,Banerjee,Patel,Reddy,Kulkarni,Menon,Chatterjee,Gupta,Nair,Deshmukh,Rao,Mehta,Pillai,Joshi,Khanna,Bhat,
 Sengupta,Mishra,Hegde,Chauhan,Ghosh,Varma,Naidu
Poland|Polish|_
Gdańsk,Kraków,Łódź,Poznań,Lublin,Wrocław
Paweł,Łukasz,Marek,Krzysztof,Stanisław,Jakub,Michał,Grzegorz,Tadeusz,Wojciech,Rafał,Zbigniew
Agnieszka,Małgorzata,Katarzyna,Zofia,Elżbieta,Magda,Bożena,Jadwiga,Hanna,Dorota,Kinga,Żaneta
Wójcik,Kamiński,Zieliński,Mazur,Dąbrowski,Pawlak,Górski,Sikora,Baran,Szewczyk,Wróbel,Jabłoński,Nowak,Kozioł,Pająk,Sowa,
 Kaczmarek,Gołąb,Wilk,Lis,Bąk,Czajka,Kubiak,Rzepka
Japan|Japanese|-
Osaka,Sendai,Nagoya,Kyoto,Fukuoka,Sapporo
Haruto,Kenji,Takumi,Satoshi,Ryo,Daichi,Hiroshi,Naoki,Shota,Yuta,Makoto,Akira
Yuki,Sakura,Haruka,Emi,Naomi,Ayaka,Keiko,Rin,Mio,Chihiro,Tomoko,Kaori
Tanaka,Yamamoto,Kobayashi,Itō,Satō,Nakamura,Mori,Ōtsuka,Shimizu,Hayashi,Inoue,Kimura,Saitō,Fujita,Okada,Hasegawa,
 Murakami,Kondō,Ishikawa,Maeda,Ogawa,Endō,Aoki,Sakamoto
Mexico|Mexican|_
Puebla,Mérida,Monterrey,Oaxaca,León,Guadalajara
José,Andrés,Emiliano,Raúl,Héctor,Joaquín,Mateo,Ramón,Iván,Ernesto,Gerardo,Óscar
Guadalupe,Ximena,Sofía,Rocío,Valeria,Lucía,Inés,Marisol,Paloma,Itzel,Verónica,Elena
Hernández,Ramírez,Gutiérrez,Mendoza,Salazar,Ibáñez,Cisneros,Olvera,Zamora,Peña,Treviño,Ávila,Cordero,Quintero,Rosales,
 Villaseñor,Montes,Arriaga,Escobedo,Luna,Barrera,Muñoz,Carrillo,Tovar
Turkey|Turkish|_
İzmir,Ankara,Bursa,Konya,Trabzon,Eskişehir
Mehmet,Emre,Burak,Çağrı,Hakan,Orhan,Selim,Kerem,Ümit,Serkan,Yiğit,Oğuz
Ayşe,Elif,Zeynep,Gül,Defne,Şebnem,Nuray,Esra,Leyla,Büşra,Filiz,Özlem
Yılmaz,Kaya,Demir,Şahin,Çelik,Arslan,Koç,Aydın,Öztürk,Polat,Güneş,Erdoğdu,Aksoy,Kurt,Tekin,Uysal,Bulut,Duman,Korkmaz,
 Taş,Sezer,Toprak,Uçar,Yavuz
Sweden|Swedish|_
Göteborg,Malmö,Uppsala,Umeå,Lund,Örebro
Erik,Anders,Håkan,Nils,Oskar,Göran,Viktor,Lars,Åke,Sven,Elias,Jonas
Astrid,Linnéa,Ingrid,Åsa,Maja,Ebba,Märta,Kerstin,Elsa,Frida,Sigrid,Britta
Lindqvist,Åkesson,Bergström,Nyman,Sjöberg,Holm,Ekström,Forsberg,Norén,Wallin,Öberg,Lundin,Dahl,Hedlund,Björk,Sandström,
 Nordin,Engström,Strand,Blomqvist,Ahlgren,Rosén,Fransson,Månsson
France|French|-
Nantes,Lyon,Besançon,Rennes,Nîmes,Lille
Hugo,Étienne,Théo,Laurent,Jérôme,Benoît,Mathieu,François,Gaspard,Rémi,Olivier,Cédric
Chloé,Amélie,Juliette,Hélène,Manon,Agnès,Léa,Sandrine,Margaux,Noémie,Odile,Solène
Lefèvre,Moreau,Girard,Chevalier,Fournier,Marchand,Gauthier,Perrin,Morel,Dupuis,Lacroix,Rousseau,Besson,Guérin,Collet,
 Barbier,Renaud,Hervé,Charpentier,Béranger,Delmas,Tessier,Vidal,Picard
United Kingdom|British|_
Leeds,Bristol,Cardiff,Norwich,Dundee,Hull
Oliver,Callum,Graham,Rhys,Alistair,Toby,Nigel,Ewan,Jasper,Stuart,Dylan,Gareth
Imogen,Fiona,Poppy,Gemma,Bronwen,Harriet,Isla,Maureen,Tamsin,Eleanor,Kirsty,Daphne
Whitaker,Hughes,MacLeod,Pemberton,Bright,Ashworth,Griffiths,Bailey,Sinclair,Thornton,Walsh,Fletcher,Hargreaves,Lowe,
 Cartwright,Buchanan,Ellis,Marlow,Prescott,Rowe,Stanton,Underhill,Yates,Kerr
United States|American|_
Denver,Tulsa,Portland,Savannah,Duluth,Albuquerque
Tyler,Marcus,Jamal,Dustin,Wesley,Brandon,Curtis,Logan,DeShawn,Travis,Earl,Cody
Brittany,Ashley,Keisha,Madison,Savannah,Darlene,Shelby,Latoya,Kaitlyn,Peggy,Autumn,Brenda
Johnson,Washington,Carter,McKinney,Hayes,Sullivan,Bradley,Jefferson,Tucker,Boone,Whitfield,Harmon,Rhodes,Delaney,Vance,
 Holloway,Crawford,Pruitt,Lambert,Sawyer,Goodwin,Mercer,Dalton,Hobbs
South Korea|South Korean|-
Busan,Daegu,Incheon,Jeonju,Suwon,Gwangju
Min,Jun,Seo,Ho,Tae,Sung,Woo,Dong,Hyun,Jin,Kyu,Seok
Ji,Soo,Eun,Hye,Mi,Yeon,Na,Bo,Young,Ah,Sun,Hee
Kim,Park,Choi,Jung,Kang,Cho,Yoon,Jang,Lim,Han,Shin,Seo,Kwon,Hwang,Ahn,Song,Ryu,Hong,Moon,Bae,Baek,Noh,Ha,Nam
Vietnam|Vietnamese|_
Hà Nội,Huế,Đà Nẵng,Cần Thơ,Hải Phòng,Nha Trang
Minh,Tuấn,Dũng,Quang,Hải,Đức,Long,Phúc,Khoa,Thắng,Bảo,Nam
Lan,Hương,Mai,Thảo,Ngọc,Linh,Trang,Yến,Hạnh,Phương,Dung,Thúy
Nguyễn,Trần,Lê,Phạm,Hoàng,Phan,Vũ,Đặng,Bùi,Đỗ,Hồ,Ngô,Dương,Lý,Đinh,Trịnh,Lâm,Mạc,Tạ,Tô,Châu,Quách,Kiều,Thái
Egypt|Egyptian|_
Cairo,Alexandria,Luxor,Aswan,Mansoura,Port Said
Ahmed,Karim,Youssef,Tarek,Hany,Mostafa,Sherif,Omar,Wael,Amr,Ramy,Khaled
Mona,Yasmine,Dalia,Nour,Salma,Hoda,Rania,Amira,Heba,Marwa,Dina,Laila
Mansour,Farouk,Hassanein,Abdelaziz,Naguib,Shaheen,Fahmy,Soliman,Ghali,Badawi,Zaki,Rashad,Helmy,Saleh,Tawfik,Sabry,
 Gaber,Kamel,Wahba,Darwish,Fawzy,Elmasry,Hamdy,Shenouda
Italy|Italian|_
Torino,Bari,Bologna,Palermo,Trieste,Forlì
Marco,Alessandro,Nicolò,Giuseppe,Davide,Matteo,Salvatore,Pietro,Enrico,Tommaso,Gianni,Ruggero
Giulia,Chiara,Francesca,Martina,Ilaria,Serena,Rosaria,Ludovica,Paola,Caterina,Noemi,Viola
Rossi,Esposito,Ferrari,Colombo,Ricci,Marino,Greco,Conti,Gallo,De Luca,Mancini,Barone,Rinaldi,Caruso,Pellegrini,Fabbri,
 Sartori,Bellini,Donati,Cattaneo,Parisi,Testa,Fontana,Valentini
Kenya|Kenyan|_
Nairobi,Mombasa,Kisumu,Nakuru,Eldoret,Nyeri
Kamau,Otieno,Kiprono,Mwangi,Juma,Barasa,Njoroge,Onyango,Mutua,Kimani,Ochieng,Wekesa
Wanjiru,Achieng,Njeri,Akinyi,Chebet,Wambui,Nafula,Mumbi,Jepkosgei,Atieno,Moraa,Zawadi
Kariuki,Odhiambo,Kipchoge,Wafula,Ndungu,Muthoni,Omondi,Cheruiyot,Gitau,Were,Maina,Rotich,Nyambura,Okoth,Musyoka,Koech,
 Waweru,Simiyu,Chege,Oduya,Kilonzo,Macharia,Langat,Owino
Czech Republic|Czech|_
Brno,Ostrava,Plzeň,Olomouc,Liberec,Kladno
Tomáš,Jiří,Ondřej,Václav,Petr,Vojtěch,Zdeněk,Radek,Matěj,Luboš,Miloš,Šimon
Tereza,Kateřina,Jana,Věra,Lenka,Alžběta,Zuzana,Markéta,Šárka,Ivana,Bohdana,Kristýna
Dvořák,Procházka,Kučera,Veselý,Horák,Němec,Marek,Pospíšil,Hájek,Jelínek,Král,Růžička,Beneš,Fiala,Sedláček,Doležal,
 Zeman,Kolář,Krejčí,Urban,Vaněk,Blažek,Kříž,Tichý
"""
