// New objects.
#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/managed_fields.h"
#include "sandbox/object_parts.h"
#include "sandbox/object_rules.h"
#include "sandbox/preparation.h"
#include "sandbox/writes.h"

namespace sluice::sandbox {
namespace {

// A namespaced object needs a namespace that exists and stays.
Outcome<> check_namespace(const ApiState& state, const Kind& kind, const std::string& ns, std::string_view name) {
  if (!kind.namespaced) return {};
  const KindPtr namespaces = state.kinds.find("", "v1", "namespaces");
  const Api::Store::Object found = state.store.find("/namespaces", {"", ns});
  if (!found) return not_found(*namespaces, ns);
  if (!is_terminating(*found)) return {};
  Refusal refusal = forbidden(
      kind, name, fmt::format("unable to create new content in namespace {} because it is being terminated", ns));
  refusal.causes = {
      {"NamespaceTerminating", fmt::format("namespace {} is being terminated", ns), "metadata.namespace"}};
  return refusal;
}

}  // namespace

WriteTerms terms_of(const Request& request, std::vector<std::string>& warnings) {
  WriteTerms terms{request.manager(), request.place.subresource, request.dry_run()};
  terms.unknown = unknown_fields_option(request.target.option("fieldValidation"));
  terms.warnings = &warnings;
  return terms;
}

Outcome<Api::Store::Object> create_object(ApiState& state, const Kind& kind, const std::string& ns, json::value object,
                                          const WriteTerms& terms) {
  const Outcome<> completed = complete_written(kind, object, terms);
  if (!completed) return completed.error();
  json::object& metadata = metadata_of(object);
  if (!text_of(metadata, "resourceVersion").empty())
    return internal_error("resourceVersion should not be set on objects to be created");
  const std::string_view stated_ns = text_of(metadata, "namespace");
  if (kind.namespaced && !stated_ns.empty() && stated_ns != ns)
    return bad_request("the namespace of the provided object does not match the namespace sent on the request");
  if (kind.namespaced)
    metadata["namespace"] = ns;
  else
    erase_member(metadata, "namespace");

  const std::string generate_name(text_of(metadata, "generateName"));
  if (text_of(metadata, "name").empty() && !generate_name.empty()) {
    constexpr std::size_t longest_base = 58;
    metadata["name"] = generate_name.substr(0, longest_base) + state.identities.name_ending();
  }
  const std::string name(text_of(metadata, "name"));
  const Outcome<> place = check_namespace(state, kind, ns, name);
  if (!place) return place.error();

  if (!terms.applied) note_update({kind, terms.manager, "", state.clock.now()}, nullptr, object);
  for (const char* given : {"selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation"})
    erase_member(metadata, given);
  metadata["uid"] = state.identities.uid();
  metadata["creationTimestamp"] = kube::format_time(state.clock.now());
  if (kind.has_generation || kind.custom) metadata["generation"] = 1;
  if (kind.has_status) erase_member(object.as_object(), "status");

  const Outcome<> prepared = prepare_creation(state, kind, object);
  if (!prepared) return prepared.error();
  const Outcome<> good = check_object(kind, object, nullptr);
  if (!good) return good.error();

  const kube::ObjectKey key{kind.namespaced ? ns : "", name};
  if (const Api::Store::Object existing = state.store.find(kind.storage, key))
    return already_exists(kind, name, is_terminating(*existing));
  if (terms.dry_run) return std::make_shared<const json::value>(std::move(object));
  return state.store.put(kind.storage, key, std::move(object));
}

}  // namespace sluice::sandbox
