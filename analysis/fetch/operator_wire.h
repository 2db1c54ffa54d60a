// One HTTP exchange with what the operator alone names: the APIs of the cloud that this program runs in.
#pragma once

#include "analysis/fetch/wire.h"

namespace sluice::analysis {

// Like fetch_over_network, but no address is refused: those of cloud APIs may be private, those of credentials are
// link-local. Never for anything that a tenant writes.
FetchHttp fetch_for_operator();

}  // namespace sluice::analysis
