"""Where packs are found: by entry point, so that the core never imports one."""

from tacit.catalogue.labelers import OpenLabeler as OpenLabeler
from tacit.catalogue.labelers import find_labeler as find_labeler
from tacit.catalogue.producers import OpenProducer as OpenProducer
from tacit.catalogue.producers import find_producer as find_producer
from tacit.catalogue.producers import name_in_pack as name_in_pack
from tacit.catalogue.producers import producer_packs as producer_packs
