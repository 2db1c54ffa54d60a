// Reading a Secret of the cluster.
#include "analysis/secrets.h"

#include <boost/json.hpp>

#include "kube/base64.h"

namespace sluice::analysis {

boost::asio::awaitable<kube::Result<kube::StringMap>> read_secret(kube::Client& client, kube::ObjectKey key) {
  const kube::Result<kube::json::value> secret = co_await client.get(kube::resources::secrets, std::move(key));
  if (!secret) co_return secret.error();
  kube::StringMap entries;
  const kube::json::value* data = kube::find_at(*secret, {"data"});
  if (data && data->is_object()) {
    for (const auto& [name, encoded] : data->get_object()) {
      if (!encoded.is_string()) continue;
      if (auto value = kube::decode_base64(encoded.get_string())) entries.set(name, *value);
    }
  }
  co_return entries;
}

}  // namespace sluice::analysis
