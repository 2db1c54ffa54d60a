// Reading discovery documents.
#include "gitops/served_kinds.h"

#include <boost/json/value.hpp>
#include <fmt/format.h>

#include "kube/json.h"

namespace sluice::gitops {

net::awaitable<kube::Result<>> ServedKinds::learn(std::string api_version, kube::Duration retry) {
  if (const auto known = versions_.find(api_version); known != versions_.end()) {
    const Version& version = known->second;
    const bool fresh = !version.stale && (!version.kinds.empty() || clock_.now() - version.asked_at < retry);
    if (fresh) co_return kube::Result<>();
  }
  const bool core = api_version.find('/') == std::string::npos;
  std::string target = (core ? "/api/" : "/apis/") + api_version;
  const kube::Result<json::value> answer = co_await client_.get_path(std::move(target));
  if (!answer && answer.error().fault != kube::Fault::not_found) co_return answer.error();
  Version& version = versions_[api_version];
  version.asked_at = clock_.now();
  version.stale = false;
  if (!answer) co_return kube::Result<>();
  const json::value* list = kube::find_at(*answer, {"resources"});
  if (!list || !list->is_array()) co_return kube::Result<>();
  for (const json::value& entry : list->get_array()) {
    const std::string_view plural = kube::text_at(entry, {"name"});
    const std::string_view name = kube::text_at(entry, {"kind"});
    if (plural.empty() || name.empty() || plural.find('/') != std::string_view::npos) continue;
    const json::value* namespaced = kube::find_at(entry, {"namespaced"});
    std::unique_ptr<Kind>& kind = version.kinds[std::string(name)];
    const bool is_namespaced = namespaced && namespaced->is_bool() && namespaced->get_bool();
    if (kind) continue;  // handed out; a kind does not change its plural or scope while it is served
    kind = std::make_unique<Kind>();
    kind->group = group_of(api_version);
    kind->version = version_of(api_version);
    kind->kind = name;
    kind->plural = plural;
    kind->resource = {kind->group, kind->version, kind->kind, kind->plural, is_namespaced};
  }
  co_return kube::Result<>();
}

const kube::Resource* ServedKinds::find(std::string_view group, std::string_view version, std::string_view kind) const {
  const std::string api_version = group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
  const auto at = versions_.find(api_version);
  if (at == versions_.end()) return nullptr;
  const auto found = at->second.kinds.find(kind);
  return found == at->second.kinds.end() ? nullptr : &found->second->resource;
}

Scope ServedKinds::scope_of(std::string_view group, std::string_view version, std::string_view kind) const {
  const kube::Resource* resource = find(group, version, kind);
  if (!resource) return Scope::unknown;
  return resource->namespaced ? Scope::namespaced : Scope::cluster;
}

void ServedKinds::forget(const std::string& api_version) {
  if (const auto at = versions_.find(api_version); at != versions_.end()) at->second.stale = true;
}

}  // namespace sluice::gitops
