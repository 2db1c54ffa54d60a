// Installing the bundled definitions.
#include "sandbox/bundled_definitions.h"

#include <stdexcept>

#include <boost/json.hpp>

#include "embedded/crd_files.h"
#include "kube/yaml.h"
#include "sandbox/completion.h"
#include "sandbox/definitions.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

struct Prepared {
  json::value definition;
  std::vector<Kind> kinds;
};

// Every sandbox of the process shares the kinds and their schemas.
const std::vector<Prepared>& all_prepared(const Kind& definition_kind) {
  static const std::vector<Prepared> prepared = [&] {
    std::vector<Prepared> all;
    for (const auto& [name, text] : embedded::crd_files) {
      kube::Result<json::value> read = kube::parse_yaml(text);
      if (!read) throw std::logic_error("bundled definition " + std::string(name) + ": " + read.error().message);
      const auto completed = complete(definition_kind, *read, UnknownFields::refuse);
      if (!completed)
        throw std::logic_error("bundled definition " + std::string(name) + ": " + completed.error().message);
      all.push_back({*read, kinds_of(*read)});
    }
    return all;
  }();
  return prepared;
}

}  // namespace

void install_bundled_definitions(ApiState& state) {
  const KindPtr kind = state.kinds.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  for (const Prepared& prepared : all_prepared(*kind)) {
    for (const Kind& served : prepared.kinds) state.kinds.add(served);
    json::value definition = prepared.definition;
    json::object& metadata = metadata_of(definition);
    metadata["uid"] = state.identities.uid();
    metadata["creationTimestamp"] = kube::format_time(state.clock.now());
    metadata["generation"] = 1;
    accept_definition(state, definition.as_object());
    const kube::ObjectKey key{"", std::string(text_of(metadata, "name"))};
    state.store.put(kind->storage, key, std::move(definition));
  }
}

}  // namespace sluice::sandbox
