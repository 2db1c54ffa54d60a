// The arguments of a run: their values, and where {{args.name}} stands in its metrics.
#include "analysis/arguments.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "crds/decode.h"

namespace sluice::analysis {
namespace {

namespace json = kube::json;
using kube::Error;
using kube::Fault;
using kube::Result;

constexpr std::size_t max_substitutions = 10'000;
constexpr std::size_t max_size = std::size_t{1} << 20;  // bytes of text in one metric

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

// Walks one metric as JSON, so that a value can never break out of the text that it stands in.
class Filler {
 public:
  explicit Filler(const kube::StringMap& values) : values_(values) {}

  json::value fill(const json::value& value) {
    if (value.is_string()) return json::value(fill_text(value.get_string()));
    if (value.is_array()) {
      json::array filled;
      for (const json::value& item : value.get_array()) filled.push_back(fill(item));
      return filled;
    }
    if (value.is_object()) {
      json::object filled;
      for (const auto& [key, item] : value.get_object()) filled[fill_text(key)] = fill(item);
      return filled;
    }
    return value;
  }

  const std::string& mistake() const { return mistake_; }

  std::string fill_text(std::string_view text) {
    std::string filled;
    std::size_t at = 0;
    for (;;) {
      const std::size_t open = text.find("{{", at);
      if (open == std::string_view::npos) break;
      const std::size_t close = text.find("}}", open + 2);
      if (close == std::string_view::npos) {
        say(fmt::format("Cannot find end tag=\"}}}}\" in the template={} starting from {}", quoted(text),
                        quoted(text.substr(open + 2))));
        break;
      }
      filled.append(text.substr(at, open - at)).append(value_of(text.substr(open + 2, close - open - 2)));
      at = close + 2;
    }
    filled.append(text.substr(at));
    size_ += filled.size();
    if (size_ > max_size) say(fmt::format("arguments make the metric too large (limit {} bytes)", max_size));
    return size_ > max_size ? std::string() : filled;
  }

 private:
  std::string_view value_of(std::string_view tag) {
    if (++substitutions_ > max_substitutions) {
      say(fmt::format("too many substitutions (limit {})", max_substitutions));
      return {};
    }
    const std::string_view name = trimmed(tag);
    const std::string* value = name.starts_with("args.") ? values_.find(name.substr(5)) : nullptr;
    if (value) return *value;
    say(fmt::format("failed to resolve {{{{{}}}}}", tag.substr(0, 64)));
    return {};
  }

  static std::string quoted(std::string_view text) {
    return text.size() > 64 ? fmt::format("\"{}…\"", text.substr(0, 64)) : fmt::format("\"{}\"", text);
  }
  void say(std::string what) {
    if (mistake_.find(what) != std::string::npos) return;
    if (mistake_.size() < 1000) mistake_ += (mistake_.empty() ? "" : "; ") + what;
  }

  const kube::StringMap& values_;
  std::string mistake_;
  std::size_t substitutions_ = 0;
  std::size_t size_ = 0;
};

bool mentions(const json::value& value, std::string_view name);
bool mentions_in_text(std::string_view text, std::string_view name) {
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open)) {
    const std::size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) return false;
    const std::string_view tag = trimmed(text.substr(open + 2, close - open - 2));
    if (tag.starts_with("args.") && tag.substr(5) == name) return true;
    open = close + 2;
  }
  return false;
}
bool mentions(const json::value& value, std::string_view name) {
  if (value.is_string()) return mentions_in_text(value.get_string(), name);
  if (value.is_array()) {
    for (const json::value& item : value.get_array())
      if (mentions(item, name)) return true;
  } else if (value.is_object()) {
    for (const auto& [key, item] : value.get_object())
      if (mentions_in_text(key, name) || mentions(item, name)) return true;
  }
  return false;
}

// The first argument that a text mentions; "" when it mentions none.
std::string argument_in(std::string_view text) {
  for (std::size_t open = text.find("{{"); open != std::string_view::npos; open = text.find("{{", open + 2)) {
    const std::size_t close = text.find("}}", open + 2);
    if (close == std::string_view::npos) return {};
    const std::string_view tag = trimmed(text.substr(open + 2, close - open - 2));
    if (tag.starts_with("args.")) return std::string(tag.substr(5, 64));
  }
  return {};
}

// The arguments on the way back to `name` when following the values leads there; empty when it does not.
std::vector<std::string> circle_from(const std::string& name, const std::vector<crds::Argument>& arguments) {
  std::vector<std::string> path{name};
  while (path.size() <= arguments.size()) {
    const auto found = std::ranges::find(arguments, path.back(), &crds::Argument::name);
    if (found == arguments.end() || !found->value) return {};
    path.push_back(argument_in(*found->value));
    if (path.back() == name) return path;
  }
  return {};
}

}  // namespace

Result<Arguments> read_arguments(const std::vector<crds::Argument>& arguments) {
  Arguments read;
  std::string mistakes;
  const auto say = [&](const std::string& what) { mistakes += (mistakes.empty() ? "" : "; ") + what; };
  for (const crds::Argument& argument : arguments) {
    if (argument.value)
      read.values.set(argument.name, *argument.value);
    else if (argument.value_from && argument.value_from->secret_key_ref)
      read.secrets.push_back({argument.name, *argument.value_from->secret_key_ref});
    else
      say(fmt::format("argument \"{}\" was not supplied", argument.name));
  }
  std::set<std::string> told;
  for (const auto& [name, value] : read.values) {
    const std::string other = argument_in(value);
    if (other.empty() || told.contains(name)) continue;
    const std::vector<std::string> circle = circle_from(name, arguments);
    told.insert(circle.begin(), circle.end());
    if (circle.empty())
      say(fmt::format("argument \"{}\" refers to {{{{args.{}}}}}: a value is taken as it is, write the text itself",
                      name, other));
    else
      say(fmt::format("arguments refer to each other in a circle: {}", fmt::join(circle, " -> ")));
  }
  if (!mistakes.empty()) return Error{Fault::invalid, mistakes};
  return read;
}

kube::StringMap planning_values(const Arguments& arguments) {
  kube::StringMap values = arguments.values;
  for (const SecretArgument& secret : arguments.secrets) values.set(secret.name, secret_placeholder);
  return values;
}

bool uses_argument(const crds::Metric& metric, std::string_view name) {
  return mentions(crds::encode_metric(metric), name);
}

Result<std::string> fill_in(std::string_view text, const kube::StringMap& values) {
  Filler filler(values);
  std::string filled = filler.fill_text(text);
  if (!filler.mistake().empty()) return Error{Fault::invalid, filler.mistake()};
  return filled;
}

Result<crds::Metric> fill_in(const crds::Metric& metric, const kube::StringMap& values) {
  Filler filler(values);
  const json::value filled = filler.fill(crds::encode_metric(metric));
  if (!filler.mistake().empty()) return Error{Fault::invalid, filler.mistake()};
  kube::Mistakes mistakes;
  crds::Metric made = crds::decode_metric(filled, mistakes);
  if (!mistakes.empty()) return Error{Fault::invalid, kube::describe(mistakes)};
  return made;
}

Result<std::vector<crds::Metric>> fill_in(const std::vector<crds::Metric>& metrics, const Arguments& arguments) {
  const kube::StringMap values = planning_values(arguments);
  std::vector<crds::Metric> filled;
  std::string mistakes;
  const auto say = [&](const std::string& what, const crds::Metric& metric) {
    if (mistakes.size() < 2000)
      mistakes += fmt::format("{}{} (metric '{}')", mistakes.empty() ? "" : "; ", what, metric.name);
  };
  for (const crds::Metric& metric : metrics) {
    for (const SecretArgument& secret : arguments.secrets)
      if (mentions_in_text(metric.name, secret.name))
        say(fmt::format("metric name uses the secret argument \"{}\"; use a plain value", secret.name), metric);
    Result<crds::Metric> made = fill_in(metric, values);
    if (made)
      filled.push_back(std::move(*made));
    else
      say(made.error().message, metric);
  }
  if (!mistakes.empty()) return Error{Fault::invalid, mistakes};
  return filled;
}

std::string redact(std::string text, const std::vector<std::string>& secrets) {
  constexpr std::string_view mask = "*****";
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    if (secret.size() < 4) {
      if (text == secret) text = mask;
      continue;
    }
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + mask.size()))
      text.replace(at, secret.size(), mask);
  }
  return text;
}

}  // namespace sluice::analysis
