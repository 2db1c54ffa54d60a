// Reading one object by a list.
#include "controller/read_object.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::controller {

kube::net::awaitable<kube::Result<std::optional<kube::json::value>>> read_object(kube::Client& client,
                                                                                 kube::Resource resource,
                                                                                 kube::ObjectKey key) {
  kube::ListOptions options;
  options.field_selector = "metadata.name=" + key.name;
  const kube::Result<kube::json::value> list = co_await client.list(resource, key.ns, std::move(options));
  if (!list) co_return list.error();
  std::optional<kube::json::value> found;
  const kube::json::value* items = kube::find_at(*list, {"items"});
  if (items && items->is_array() && !items->get_array().empty()) found = items->get_array().front();
  co_return found;
}

}  // namespace sluice::controller
