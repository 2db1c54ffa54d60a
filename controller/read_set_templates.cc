// Reading the pod templates that a decision asked for.
#include "controller/read_set_templates.h"

#include <boost/json.hpp>

#include "controller/read_object.h"
#include "crds/decode.h"

namespace sluice::controller {

kube::net::awaitable<kube::Result<>> read_set_templates(kube::Client& client, RolloutObservation& seen,
                                                        std::vector<std::string> sets) {
  for (const std::string& set : sets) {
    const kube::ObjectKey key{seen.rollout->meta.ns, set};
    const auto found = co_await read_object(client, kube::resources::replica_sets, key);
    if (!found) co_return found.error();
    if (!*found) co_return kube::Error{kube::Fault::not_found, "ReplicaSet " + key.text() + " has gone"};
    kube::Mistakes ignored;
    seen.set_templates[set] = crds::decode_replica_set(**found, ignored)->spec.pod_template;
  }
  co_return kube::Result<>();
}

}  // namespace sluice::controller
