# The country of the client's address. This file is yours to fill, and no deployment should overwrite it.
# An address in no list has no country, and gets what visitors from nowhere in particular get.
#
# acl country_fr {
#     "192.0.2.0"/24;
#     "2001:db8::"/32;
# }

sub haberdash_country {
    # if (client.ip ~ country_fr) { var.set("country", "FR"); }
}
