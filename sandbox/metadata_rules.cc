// Checking names, labels and annotations.
#include "sandbox/metadata_rules.h"

#include <algorithm>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "kube/json.h"
#include "sandbox/object_parts.h"

namespace sluice::sandbox {
namespace {

constexpr std::size_t longest_subdomain = 253;
constexpr std::size_t longest_label = 63;
constexpr std::size_t most_annotation_bytes = 256 << 10;

bool is_lower_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower_alphanumeric(c) || (c >= 'A' && c <= 'Z'); }

bool is_dns_label(std::string_view text) {
  return !text.empty() && is_lower_alphanumeric(text.front()) && is_lower_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower_alphanumeric(c) || c == '-'; });
}

bool is_dns_subdomain(std::string_view text) {
  for (;;) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!is_dns_label(text.substr(0, dot))) return false;
    if (dot == text.size()) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_qualified_part(std::string_view text) {
  return !text.empty() && is_alphanumeric(text.front()) && is_alphanumeric(text.back()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

constexpr std::string_view subdomain_rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view label_rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view label_1035_rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view name_part_rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view label_value_rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

std::string too_long(std::size_t most) { return fmt::format("must be no more than {} characters", most); }

bool starts_with_letter_label(std::string_view text) {
  return is_dns_label(text) && text.front() >= 'a' && text.front() <= 'z';
}

// Which rule the names of a kind follow.
std::string name_mistake(const Kind& kind, std::string_view name) {
  if (kind.group.empty() && kind.kind == "Service") return dns1035_label_mistake(name);
  if (kind.group.empty() && kind.kind == "Namespace") return dns_label_mistake(name);
  if (kind.group == "rbac.authorization.k8s.io") {
    if (name == "." || name == "..") return fmt::format("may not be '{}'", name);
    if (name.find('/') != std::string_view::npos) return "may not contain '/'";
    if (name.find('%') != std::string_view::npos) return "may not contain '%'";
    return "";
  }
  return dns_subdomain_mistake(name);
}

}  // namespace

std::string dns_subdomain_mistake(std::string_view text) {
  if (text.size() > longest_subdomain) return too_long(longest_subdomain);
  return is_dns_subdomain(text) ? "" : std::string(subdomain_rule);
}

std::string dns_label_mistake(std::string_view text) {
  if (text.size() > longest_label) return too_long(longest_label);
  return is_dns_label(text) ? "" : std::string(label_rule);
}

std::string dns1035_label_mistake(std::string_view text) {
  if (text.size() > longest_label) return too_long(longest_label);
  return starts_with_letter_label(text) ? "" : std::string(label_1035_rule);
}

std::string label_key_mistake(std::string_view text) {
  const std::size_t slash = text.find('/');
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos)
      return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with "
             "an "
             "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
             "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
             "'example.com/MyName')";
    if (prefix.empty()) return "prefix part must be non-empty";
    if (const std::string mistake = dns_subdomain_mistake(prefix); !mistake.empty()) return "prefix part " + mistake;
  }
  if (name.empty()) return "name part must be non-empty";
  if (name.size() > longest_label) return "name part " + too_long(longest_label);
  return is_qualified_part(name) ? "" : std::string(name_part_rule);
}

std::string label_value_mistake(std::string_view text) {
  if (text.size() > longest_label) return too_long(longest_label);
  return text.empty() || is_qualified_part(text) ? "" : std::string(label_value_rule);
}

void check_labels(const json::value& labels, const std::string& path, std::vector<Cause>& causes) {
  if (!labels.is_object()) return;
  for (const auto& [key, value] : labels.get_object()) {
    if (const std::string mistake = label_key_mistake(key); !mistake.empty())
      causes.push_back(invalid_value(path, quoted(key), mistake));
    if (!value.is_string()) continue;
    if (const std::string mistake = label_value_mistake(value.get_string()); !mistake.empty())
      causes.push_back(invalid_value(path, quoted(value.get_string()), mistake));
  }
}

void tidy_metadata(json::object& metadata) {
  for (const char* name : {"labels", "annotations", "finalizers", "ownerReferences", "managedFields", "generateName",
                           "namespace", "selfLink", "resourceVersion", "deletionTimestamp", "uid"}) {
    const json::value* member = metadata.if_contains(name);
    if (!member) continue;
    const bool empty = member->is_null() || (member->is_object() && member->get_object().empty()) ||
                       (member->is_array() && member->get_array().empty()) ||
                       (member->is_string() && member->get_string().empty());
    if (empty) erase_member(metadata, name);
  }
}

std::vector<Cause> check_metadata(const Kind& kind, const json::value& object) {
  std::vector<Cause> causes;
  const std::string_view name = kube::text_at(object, {"metadata", "name"});
  if (name.empty()) {
    causes.push_back(required_value("metadata.name", "name or generateName is required"));
  } else if (const std::string mistake = name_mistake(kind, name); !mistake.empty()) {
    causes.push_back(invalid_value("metadata.name", quoted(name), mistake));
  }
  if (const json::value* labels = kube::find_at(object, {"metadata", "labels"}))
    check_labels(*labels, "metadata.labels", causes);
  const json::value* annotations = kube::find_at(object, {"metadata", "annotations"});
  if (annotations && annotations->is_object()) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : annotations->get_object()) {
      std::string lower(key);
      std::transform(lower.begin(), lower.end(), lower.begin(),
                     [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
      if (const std::string mistake = label_key_mistake(lower); !mistake.empty())
        causes.push_back(invalid_value("metadata.annotations", quoted(key), mistake));
      bytes += key.size() + (value.is_string() ? value.get_string().size() : 0);
    }
    if (bytes > most_annotation_bytes)
      causes.push_back({"FieldValueTooLong",
                        fmt::format("Too long: may not be more than {} bytes", most_annotation_bytes),
                        "metadata.annotations"});
  }
  return causes;
}

}  // namespace sluice::sandbox
