// Listing the pods that a Rollout selects.
#include "controller/read_pods.h"

#include <boost/json.hpp>

#include "crds/decode.h"
#include "kube/json.h"
#include "kube/selector.h"

namespace sluice::controller {

kube::net::awaitable<kube::Result<>> read_pods(kube::Client& client, RolloutObservation& seen) {
  kube::ListOptions options;
  if (seen.rollout->spec->selector) options.label_selector = kube::format_selector(*seen.rollout->spec->selector);
  const kube::Result<boost::json::value> list =
      co_await client.list(kube::resources::pods, seen.rollout->meta.ns, std::move(options));
  if (!list) co_return list.error();
  seen.pods.emplace();
  if (const auto* items = kube::find_at(*list, {"items"}); items && items->is_array())
    for (const auto& item : items->get_array()) {
      kube::Mistakes ignored;
      seen.pods->push_back(crds::decode_pod(item, ignored));
    }
  co_return kube::Result<>();
}

}  // namespace sluice::controller
