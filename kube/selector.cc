// Reading, printing, checking and applying label selectors.
#include "kube/selector.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace sluice::kube {
namespace {

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Letters, digits, '-', '_' and '.', beginning and ending with a letter or digit.
bool is_qualified_part(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_dns_subdomain(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t dot = std::min(text.find('.', start), text.size());
    const std::string_view part = text.substr(start, dot - start);
    const auto is_small = [](char c) { return is_alphanumeric(c) && !(c >= 'A' && c <= 'Z'); };
    if (part.empty() || !is_small(part.front()) || !is_small(part.back())) return false;
    if (!std::all_of(part.begin(), part.end(), [&](char c) { return is_small(c) || c == '-'; })) return false;
    start = dot + 1;
  }
  return true;
}

bool holds(const LabelRequirement& requirement, const StringMap& labels) {
  const std::string* value = labels.find(requirement.key);
  const auto is_listed = [&] {
    return std::find(requirement.values.begin(), requirement.values.end(), *value) != requirement.values.end();
  };
  if (requirement.op == "In") return value && is_listed();
  if (requirement.op == "NotIn") return !value || !is_listed();
  if (requirement.op == "Exists") return value != nullptr;
  if (requirement.op == "DoesNotExist") return !value;
  return false;
}

// Words, commas, parentheses and operators of the text form.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  bool take(std::string_view token) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  // A word up to a blank or one of "=!,()"; "" when there is none.
  std::string_view word() {
    skip_blanks();
    const std::size_t start = at_;
    while (at_ < text_.size() && !is_blank(text_[at_]) &&
           std::string_view("=!,()").find(text_[at_]) == std::string_view::npos)
      ++at_;
    return text_.substr(start, at_ - start);
  }
  std::string_view rest() {
    skip_blanks();
    return text_.substr(at_);
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  std::string_view text_;
  std::size_t at_ = 0;
};

Error wrong(std::string_view text, std::string_view why) {
  return {Fault::invalid, fmt::format("\"{}\" is no label selector: {}", text, why)};
}

Result<std::vector<std::string>> values_in(Reader& reader, std::string_view text) {
  if (!reader.take("(")) return wrong(text, "in and notin are followed by values in parentheses");
  std::vector<std::string> values;
  do values.emplace_back(reader.word());
  while (reader.take(","));
  if (!reader.take(")"))
    return wrong(text, fmt::format("a closing parenthesis is missing before \"{}\"", reader.rest()));
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

// The operator of an equality is "=" for now.
Result<LabelRequirement> requirement_in(Reader& reader, std::string_view text) {
  LabelRequirement requirement;
  const bool negated = reader.take("!");
  requirement.key = reader.word();
  if (requirement.key.empty())
    return wrong(text, fmt::format("a label's name is missing before \"{}\"", reader.rest()));
  if (negated) {
    requirement.op = "DoesNotExist";
    return requirement;
  }
  if (reader.take("!=")) {
    requirement.op = "NotIn";
    requirement.values.emplace_back(reader.word());
    return requirement;
  }
  if (reader.take("==") || reader.take("=")) {
    requirement.op = "=";
    requirement.values.emplace_back(reader.word());
    return requirement;
  }
  const std::string_view op = reader.word();
  if (op.empty()) {
    requirement.op = "Exists";
    return requirement;
  }
  if (op != "in" && op != "notin") return wrong(text, fmt::format("\"{}\" is none of =, ==, !=, in and notin", op));
  requirement.op = op == "in" ? "In" : "NotIn";
  Result<std::vector<std::string>> values = values_in(reader, text);
  if (!values) return values.error();
  requirement.values = std::move(*values);
  return requirement;
}

// An equality goes to the labels, unless another one of the same name is there; then both must hold.
void add_to(LabelSelector& selector, LabelRequirement requirement) {
  if (requirement.op == "=") {
    if (!selector.match_labels.contains(requirement.key)) {
      selector.match_labels.set(requirement.key, requirement.values[0]);
      return;
    }
    requirement.op = "In";
  }
  selector.match_expressions.push_back(std::move(requirement));
}

std::string text_of(const LabelRequirement& requirement) {
  const std::vector<std::string>& values = requirement.values;
  if (requirement.op == "Exists") return requirement.key;
  if (requirement.op == "DoesNotExist") return "!" + requirement.key;
  std::vector<std::string> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  return fmt::format("{} {} ({})", requirement.key, requirement.op == "In" ? "in" : "notin", fmt::join(sorted, ","));
}

}  // namespace

bool matches(const LabelSelector& selector, const StringMap& labels) {
  for (const auto& [key, value] : selector.match_labels) {
    const std::string* found = labels.find(key);
    if (!found || *found != value) return false;
  }
  return std::all_of(selector.match_expressions.begin(), selector.match_expressions.end(),
                     [&](const LabelRequirement& requirement) { return holds(requirement, labels); });
}

bool is_selected_by(const StringMap& pairs, const StringMap& labels) {
  if (pairs.empty()) return false;
  return std::all_of(pairs.begin(), pairs.end(), [&](const StringMap::value_type& pair) {
    const std::string* found = labels.find(pair.first);
    return found && *found == pair.second;
  });
}

const char* what_is_wrong_with_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  const std::string_view name = slash == std::string_view::npos ? key : key.substr(slash + 1);
  if (slash != std::string_view::npos && !is_dns_subdomain(key.substr(0, slash)))
    return "the part before / must be a DNS name in lower case, such as example.com";
  if (name.empty() || name.size() > 63) return "the name must have 1 to 63 characters";
  if (!is_qualified_part(name))
    return "the name must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or digit";
  return nullptr;
}

const char* what_is_wrong_with_label_value(std::string_view value) {
  if (value.empty()) return nullptr;
  if (value.size() > 63) return "a label's value must have at most 63 characters";
  if (!is_qualified_part(value))
    return "a label's value must consist of letters, digits, '-', '_' and '.', and begin and end with a letter or "
           "digit";
  return nullptr;
}

Mistakes mistakes_in(const LabelSelector& selector, std::string_view at) {
  Mistakes mistakes;
  const auto add = [&](std::string where, std::string_view what) {
    mistakes.push_back({fmt::format("{}{}{}", at, at.empty() ? "" : ".", where), std::string(what)});
  };
  for (const auto& [key, value] : selector.match_labels) {
    if (const char* why = what_is_wrong_with_label_key(key)) add("matchLabels", fmt::format("\"{}\": {}", key, why));
    if (const char* why = what_is_wrong_with_label_value(value)) add("matchLabels." + key, why);
  }
  for (std::size_t i = 0; i < selector.match_expressions.size(); ++i) {
    const LabelRequirement& requirement = selector.match_expressions[i];
    const std::string where = fmt::format("matchExpressions[{}]", i);
    if (const char* why = what_is_wrong_with_label_key(requirement.key)) add(where + ".key", why);
    const bool lists = requirement.op == "In" || requirement.op == "NotIn";
    if (lists && requirement.values.empty())
      add(where + ".values", "must not be empty with the operators In and NotIn");
    if (!lists && requirement.op != "Exists" && requirement.op != "DoesNotExist")
      add(where + ".operator", "must be In, NotIn, Exists or DoesNotExist");
    else if (!lists && !requirement.values.empty())
      add(where + ".values", "must be empty with the operators Exists and DoesNotExist");
    for (std::size_t j = 0; j < requirement.values.size(); ++j)
      if (const char* why = what_is_wrong_with_label_value(requirement.values[j]))
        add(fmt::format("{}.values[{}]", where, j), why);
  }
  return mistakes;
}

Result<LabelSelector> parse_selector(std::string_view text) {
  LabelSelector selector;
  Reader reader(text);
  if (reader.at_end()) return selector;
  do {
    Result<LabelRequirement> requirement = requirement_in(reader, text);
    if (!requirement) return requirement.error();
    if (const char* why = what_is_wrong_with_label_key(requirement->key))
      return wrong(text, fmt::format("\"{}\": {}", requirement->key, why));
    for (const std::string& value : requirement->values)
      if (const char* why = what_is_wrong_with_label_value(value))
        return wrong(text, fmt::format("\"{}\": {}", value, why));
    add_to(selector, std::move(*requirement));
  } while (reader.take(","));
  if (!reader.at_end()) return wrong(text, fmt::format("\"{}\" is not expected here", reader.rest()));
  return selector;
}

std::string format_selector(const LabelSelector& selector) {
  using Part = std::pair<std::string, std::string>;
  std::vector<Part> parts;
  for (const auto& [key, value] : selector.match_labels) parts.emplace_back(key, key + "=" + value);
  for (const LabelRequirement& requirement : selector.match_expressions)
    parts.emplace_back(requirement.key, text_of(requirement));
  std::sort(parts.begin(), parts.end());
  std::string text;
  for (const Part& part : parts) text += (text.empty() ? "" : ",") + part.second;
  return text;
}

}  // namespace sluice::kube
