// What this room's own stores keep, packed.
#include "controller/stores.h"
#include "kube/packing_fields.h"

namespace sluice::kube {

template std::string packed(const controller::PublishedEndpoints&);
template std::string packed(const controller::RouteText&);
template void unpack(std::string_view, controller::PublishedEndpoints&);
template void unpack(std::string_view, controller::RouteText&);

}  // namespace sluice::kube
