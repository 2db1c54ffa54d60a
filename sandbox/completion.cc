// The steps between a body and an object that can be stored.
#include "sandbox/completion.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "sandbox/defaulting.h"
#include "sandbox/schema.h"
#include "sandbox/schema_validation.h"
#include "sandbox/unknown_fields.h"

namespace sluice::sandbox {
namespace {

Refusal unreadable(const Kind& kind, std::string_view why) {
  return bad_request(
      fmt::format("{0} in version \"{1}\" cannot be handled as a {0}: {2}", kind.kind, kind.version, why));
}

}  // namespace

UnknownFields unknown_fields_option(std::string_view text) {
  if (text == "Ignore") return UnknownFields::ignore;
  return text == "Strict" ? UnknownFields::refuse : UnknownFields::warn;
}

Outcome<std::vector<std::string>> complete(const Kind& kind, json::value& object, UnknownFields unknown) {
  std::vector<std::string> warnings;
  if (!kind.schema) return warnings;
  const Schema& schema = *kind.schema;
  if (!kind.custom)
    if (const std::string mistake = decoding_mistake(schema, object); !mistake.empty())
      return unreadable(kind, mistake);
  for (const std::string& path : prune(schema, object, kind.custom))
    warnings.push_back(fmt::format("unknown field \"{}\"", path));
  if (unknown == UnknownFields::ignore) warnings.clear();
  if (unknown == UnknownFields::refuse && !warnings.empty()) {
    std::string all;
    for (const std::string& warning : warnings) all += (all.empty() ? "" : ", ") + warning;
    return unreadable(kind, "strict decoding error: " + all);
  }
  if (!kind.custom) write_as_go(schema, object);
  fill_defaults(schema, object);
  if (!kind.custom) {
    complete_builtin(kind, object);
    write_as_go(schema, object);
  }
  return warnings;
}

Refusal as_patch_refusal(const Refusal& refusal, std::string_view shown_patch) {
  const std::size_t at = refusal.message.find("strict decoding error");
  if (at == std::string::npos) return refusal;
  Refusal patch_refusal{422, "Invalid", "", true};
  patch_refusal.causes = {invalid_value("patch", quoted(shown_patch), refusal.message.substr(at))};
  patch_refusal.message = fmt::format(" \"\" is invalid: patch: {}", patch_refusal.causes.front().message);
  return patch_refusal;
}

}  // namespace sluice::sandbox
