// Discovery: groups, versions and resources, in the old form and in the aggregated one.
#include "sandbox/discovery.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/refusal.h"

namespace sluice::sandbox {
namespace {

const std::vector<std::string> all_verbs = {"create", "delete", "deletecollection", "get",
                                            "list",   "patch",  "update",           "watch"};
const std::vector<std::string> part_verbs = {"get", "patch", "update"};

json::array array_of(const std::vector<std::string>& texts) {
  json::array array;
  for (const std::string& text : texts) array.push_back(json::string(text));
  return array;
}

struct Group {
  std::string name;
  std::vector<std::string> versions;  // the preferred one first
};

// "v1" before "v1beta2" before "v1alpha1", higher numbers first.
int rank(const std::string& version) {
  int stage = 0;
  if (version.find("beta") != std::string::npos) stage = 1;
  if (version.find("alpha") != std::string::npos) stage = 2;
  return stage * 1000 - (version.size() > 1 ? version[1] : 0);
}

std::vector<Group> groups_of(const Kinds& kinds) {
  std::vector<Group> groups;
  for (const KindPtr& kind : kinds.all()) {
    auto at = std::find_if(groups.begin(), groups.end(), [&](const Group& group) { return group.name == kind->group; });
    if (at == groups.end()) at = groups.insert(groups.end(), Group{kind->group, {}});
    if (std::find(at->versions.begin(), at->versions.end(), kind->version) == at->versions.end())
      at->versions.push_back(kind->version);
  }
  for (Group& group : groups)
    std::sort(group.versions.begin(), group.versions.end(),
              [](const std::string& a, const std::string& b) { return rank(a) < rank(b); });
  return groups;
}

std::string group_version(std::string_view group, std::string_view version) {
  return group.empty() ? std::string(version) : fmt::format("{}/{}", group, version);
}

json::object version_entry(const Group& group, const std::string& version) {
  return {{"groupVersion", group_version(group.name, version)}, {"version", version}};
}

json::object group_entry(const Group& group) {
  json::array versions;
  for (const std::string& version : group.versions) versions.push_back(version_entry(group, version));
  return {{"name", group.name},
          {"versions", std::move(versions)},
          {"preferredVersion", version_entry(group, group.versions.front())}};
}

json::value group_list(const Kinds& kinds) {
  json::array groups;
  for (const Group& group : groups_of(kinds))
    if (!group.name.empty()) groups.push_back(group_entry(group));
  return json::object{{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", std::move(groups)}};
}

json::value resource_list(const Kinds& kinds, std::string_view group, std::string_view version) {
  json::array resources;
  for (const KindPtr& kind : kinds.all()) {
    if (kind->group != group || kind->version != version) continue;
    for (const Served& served : served_resources(*kind)) {
      const bool whole = served.name == kind->plural;
      json::object entry{{"name", served.name},
                         {"singularName", whole ? kind->singular : ""},
                         {"namespaced", kind->namespaced},
                         {"kind", served.kind},
                         {"verbs", array_of(served.verbs)}};
      if (served.group != kind->group || served.version != kind->version) {
        entry["group"] = served.group;
        entry["version"] = served.version;
      }
      if (whole && !kind->short_names.empty()) entry["shortNames"] = array_of(kind->short_names);
      if (whole && !kind->categories.empty()) entry["categories"] = array_of(kind->categories);
      resources.push_back(std::move(entry));
    }
  }
  return json::object{{"kind", "APIResourceList"},
                      {"apiVersion", "v1"},
                      {"groupVersion", group_version(group, version)},
                      {"resources", std::move(resources)}};
}

json::object response_kind(const Served& served) {
  return {{"group", served.group}, {"version", served.version}, {"kind", served.kind}};
}

json::object aggregated_resource(const Kind& kind) {
  json::object entry{{"resource", kind.plural}};
  json::array parts;
  for (const Served& served : served_resources(kind)) {
    if (served.name == kind.plural) {
      entry["responseKind"] = response_kind(served);
      entry["scope"] = kind.namespaced ? "Namespaced" : "Cluster";
      entry["singularResource"] = kind.singular;
      entry["verbs"] = array_of(served.verbs);
    } else {
      parts.push_back(json::object{{"subresource", served.name.substr(kind.plural.size() + 1)},
                                   {"responseKind", response_kind(served)},
                                   {"verbs", array_of(served.verbs)}});
    }
  }
  if (!kind.short_names.empty()) entry["shortNames"] = array_of(kind.short_names);
  if (!kind.categories.empty()) entry["categories"] = array_of(kind.categories);
  if (!parts.empty()) entry["subresources"] = std::move(parts);
  return entry;
}

// Everything in one document: the core group for /api, all others for /apis.
kube::ApiResponse aggregated(const Kinds& kinds, bool core, std::string_view version_of_form) {
  json::array items;
  for (const Group& group : groups_of(kinds)) {
    if (group.name.empty() != core) continue;
    json::array versions;
    for (const std::string& version : group.versions) {
      json::array resources;
      for (const KindPtr& kind : kinds.all())
        if (kind->group == group.name && kind->version == version) resources.push_back(aggregated_resource(*kind));
      versions.push_back(
          json::object{{"version", version}, {"resources", std::move(resources)}, {"freshness", "Current"}});
    }
    json::object metadata{{"creationTimestamp", nullptr}};
    if (!core) metadata["name"] = group.name;
    items.push_back(json::object{{"metadata", std::move(metadata)}, {"versions", std::move(versions)}});
  }
  kube::ApiResponse response =
      answer(200, json::object{{"kind", "APIGroupDiscoveryList"},
                               {"apiVersion", fmt::format("apidiscovery.k8s.io/{}", version_of_form)},
                               {"metadata", json::object()},
                               {"items", std::move(items)}});
  response.content_type =
      fmt::format("application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList", version_of_form);
  return response;
}

kube::ApiResponse plain(std::string text) {
  kube::ApiResponse response;
  response.status = 200;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

json::value version_page() {
  return json::object{{"major", "1"},    {"minor", "34"},           {"gitVersion", "v1.34.4"},
                      {"gitCommit", ""}, {"gitTreeState", "clean"}, {"buildDate", "1970-01-01T00:00:00Z"},
                      {"goVersion", ""}, {"compiler", "clang"},     {"platform", "linux/amd64"}};
}

// The documents that /openapi/v3 offers; the number changes whenever kinds do, so that clients read them again.
json::value open_api_index(const Kinds& kinds) {
  json::object paths;
  for (const Group& group : groups_of(kinds)) {
    for (const std::string& version : group.versions) {
      const std::string path = group.name.empty() ? "api/" + version : "apis/" + group.name + "/" + version;
      paths[path] =
          json::object{{"serverRelativeURL", fmt::format("/openapi/v3/{}?hash={:X}", path, kinds.revision())}};
    }
  }
  return json::object{{"paths", std::move(paths)}};
}

bool wants_aggregated(const kube::ApiRequest& request, std::string_view version) {
  return request.accept.find("as=APIGroupDiscoveryList") != std::string::npos &&
         request.accept.find(fmt::format("v={};", version)) != std::string::npos;
}

}  // namespace

std::vector<Served> served_resources(const Kind& kind) {
  std::vector<Served> served;
  const auto add = [&](std::string part, std::vector<std::string> verbs) -> Served& {
    served.push_back(
        {part.empty() ? kind.plural : kind.plural + "/" + part, kind.group, kind.version, kind.kind, std::move(verbs)});
    return served.back();
  };
  if (kind.virtual_only) {
    add("", {"create"});
    return served;
  }
  add("", all_verbs);
  if (kind.has_status) add("status", part_verbs);
  if (kind.scale) {
    Served& scale = add("scale", part_verbs);
    scale.group = "autoscaling";
    scale.version = "v1";
    scale.kind = "Scale";
  }
  if (kind.graceful) {
    Served& eviction = add("eviction", {"create"});
    eviction.group = "policy";
    eviction.kind = "Eviction";
  }
  return served;
}

std::optional<kube::ApiResponse> serve_discovery(const ApiState& state, const kube::ApiRequest& request,
                                                 const Target& target) {
  const std::vector<std::string>& path = target.path;
  const Kinds& kinds = state.kinds;
  const std::size_t size = path.size();
  const std::string first = size > 0 ? path[0] : "";
  if (size == 1 && (first == "healthz" || first == "livez" || first == "readyz")) return plain("ok");
  if (size == 1 && first == "version") return answer(200, version_page());
  if (size == 1 && (first == "api" || first == "apis")) {
    for (const char* form : {"v2", "v2beta1"})
      if (wants_aggregated(request, form)) return aggregated(kinds, first == "api", form);
    if (first == "apis") return answer(200, group_list(kinds));
    json::array versions;
    versions.push_back("v1");
    return answer(200, json::object{{"kind", "APIVersions"},
                                    {"versions", std::move(versions)},
                                    {"serverAddressByClientCIDRs", json::array()}});
  }
  if (first == "api" && size == 2 && kinds.has_version("", path[1]))
    return answer(200, resource_list(kinds, "", path[1]));
  if (first == "apis" && size == 2) {
    for (const Group& group : groups_of(kinds)) {
      if (group.name != path[1]) continue;
      json::object entry{{"kind", "APIGroup"}, {"apiVersion", "v1"}};
      for (const auto& member : group_entry(group)) entry[member.key()] = member.value();
      return answer(200, json::value(std::move(entry)));
    }
  }
  if (first == "apis" && size == 3 && kinds.has_version(path[1], path[2]))
    return answer(200, resource_list(kinds, path[1], path[2]));
  if (first == "openapi" && size == 2 && path[1] == "v3") return answer(200, open_api_index(kinds));
  if (first == "openapi" && size == 4 && path[1] == "v3" && path[2] == "api" && kinds.has_version("", path[3]))
    return answer(200, open_api_document(state, "", path[3]));
  if (first == "openapi" && size == 5 && path[1] == "v3" && path[2] == "apis" && kinds.has_version(path[3], path[4]))
    return answer(200, open_api_document(state, path[3], path[4]));
  return std::nullopt;
}

}  // namespace sluice::sandbox
