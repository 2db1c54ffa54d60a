// From YAML's events to JSON values, within bounds.
#include "kube/yaml.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <boost/json.hpp>
#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "kube/yaml_scalar.h"

namespace sluice::kube {
namespace {

constexpr std::size_t max_depth = 256;
// What all aliases of one text may copy, in nodes; 32 bytes of text count as one. No manifest comes near it, and it
// keeps a text whose aliases refer to aliases from filling the memory.
constexpr std::size_t max_copied = 250'000;

struct Failure {
  Error error;
};

[[noreturn]] void fail(const YAML::Mark& mark, std::string_view message) {
  throw Failure{{Fault::invalid, fmt::format("line {}, column {}: {}", mark.line + 1, mark.column + 1, message)}};
}

std::size_t weight_of(const json::value& value) {
  std::size_t weight = 1;
  if (value.is_string()) weight += value.get_string().size() / 32;
  if (value.is_array())
    for (const json::value& item : value.get_array()) weight += weight_of(item);
  if (value.is_object())
    for (const auto& member : value.get_object()) weight += 1 + member.key().size() / 32 + weight_of(member.value());
  return weight;
}

std::size_t depth_of(const json::value& value) {
  std::size_t depth = 0;
  if (value.is_array())
    for (const json::value& item : value.get_array()) depth = std::max(depth, depth_of(item));
  else if (value.is_object())
    for (const auto& member : value.get_object()) depth = std::max(depth, depth_of(member.value()));
  else
    return 0;
  return depth + 1;
}

// Builds the value of each document in turn.
class Builder final : public YAML::EventHandler {
 public:
  explicit Builder(std::string_view text) : text_(text) {}

  std::vector<json::value> documents;

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (start_) require_separator(mark);
    start_ = mark.pos;
    document_.reset();
    anchors_.clear();
  }
  void OnDocumentEnd() override {
    if (document_) documents.push_back(std::move(*document_));
    document_.reset();
  }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    // yaml-cpp takes a line without a colon for a key; the place of the null tells it from "key:".
    const bool is_value = !stack_.empty() && stack_.back().key && stack_.back().column != in_brackets;
    if (is_value && mark.pos == stack_.back().key_mark.pos) fail(mark, "a colon is missing after this key");
    add(mark, anchor, json::value(nullptr));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) fail(mark, "an alias refers to what contains it");
    require_indentation(mark);
    charge(mark, weight_of(known->second));
    require_depth(mark, stack_.size() + depth_of(known->second));
    add(mark, 0, json::value(known->second));
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    require_indentation(mark);
    const bool is_key = expects_key();
    // A key such as .inf has a name, although it has no value.
    if (is_key && tag == "?" && text.size() >= 4 && text.find('.') < 2 && !value_of_plain_scalar(text))
      return add(mark, anchor, json::value(text));
    if (is_key && text == "<<" && (tag == "?" || tag == "tag:yaml.org,2002:merge")) {
      stack_.back().is_merge = true;
      return add(mark, anchor, json::value(text));
    }
    Result<json::value> value = tag == "?" ? value_of_plain_scalar(text) : value_of_tagged_scalar(tag, text);
    if (!value) fail(mark, value.error().message);
    add(mark, anchor, std::move(*value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, anchor, json::value(json::array()), column_of(mark, tag, anchor, style));
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, anchor, json::value(json::object()), column_of(mark, tag, anchor, style));
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    json::value value;
    YAML::Mark mark;
    YAML::anchor_t anchor = 0;
    std::optional<std::string> key;  // of the member whose value comes next
    YAML::Mark key_mark;
    bool is_merge = false;     // that key is `<<`
    int column = in_brackets;  // of its keys or dashes
  };
  static constexpr int in_brackets = -2;
  static constexpr int unknown = -1;

  // A tag or an anchor may stand on the line above, and hides where the keys or dashes are.
  static int column_of(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) {
    if (style == YAML::EmitterStyle::Flow) return in_brackets;
    return tag == "?" && anchor == 0 ? mark.column : unknown;
  }

  // yaml-cpp takes tabs for indentation, and takes a text for the value of a key that stands no further left.
  void require_indentation(const YAML::Mark& mark) const {
    if (!stack_.empty() && stack_.back().column == in_brackets) return;
    const std::string_view before = text_.substr(0, static_cast<std::size_t>(mark.pos));
    const std::string_view line = before.substr(before.rfind('\n') + 1);
    if (line.find('\t') != std::string_view::npos && line.find_first_not_of(" \t") == std::string_view::npos)
      fail(mark, "a tab stands where only spaces may indent");
    if (stack_.empty() || expects_key() || mark.column > stack_.back().column) return;
    fail(mark, "a value must be indented further than its key or dash");
  }

  bool expects_key() const { return !stack_.empty() && stack_.back().value.is_object() && !stack_.back().key; }

  // yaml-cpp begins a new document wherever the last one cannot go on.
  void require_separator(const YAML::Mark& mark) const {
    const std::string_view before = text_.substr(0, static_cast<std::size_t>(mark.pos));
    if (text_.substr(before.size()).starts_with("---")) return;
    const std::size_t last = before.find_last_not_of(" \t\r\n");
    const std::string_view trimmed = before.substr(0, last == std::string_view::npos ? 0 : last + 1);
    // What yaml-cpp cannot read after `...` it would report as an empty document, again and again.
    if (trimmed.ends_with("\n...") && mark.pos > *start_) return;
    fail(mark, "this belongs to no key and no list; indentation or a closing bracket is wrong");
  }

  void charge(const YAML::Mark& mark, std::size_t weight) {
    copied_ += weight;
    if (copied_ > max_copied) fail(mark, "the aliases of this text expand to too much");
  }

  void require_depth(const YAML::Mark& mark, std::size_t depth) const {
    if (depth > max_depth) fail(mark, fmt::format("more than {} levels", max_depth));
  }

  void open(const YAML::Mark& mark, YAML::anchor_t anchor, json::value value, int column) {
    if (column == in_brackets) require_indentation(mark);
    if (expects_key()) fail(mark, "a key must be a scalar");
    require_depth(mark, stack_.size() + 1);
    Open opened;
    opened.value = std::move(value);
    opened.mark = mark;
    opened.anchor = anchor;
    opened.column = column;
    stack_.push_back(std::move(opened));
  }

  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    add(done.mark, done.anchor, std::move(done.value));
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, json::value value) {
    if (anchor) {
      charge(mark, weight_of(value));
      anchors_[anchor] = value;
    }
    if (stack_.empty()) {
      document_ = std::move(value);
      return;
    }
    Open& parent = stack_.back();
    if (parent.value.is_array()) {
      parent.value.get_array().push_back(std::move(value));
    } else if (!parent.key) {
      Result<std::string> name = member_name_of(value);
      if (!name) fail(mark, name.error().message);
      parent.key = std::move(*name);
      parent.key_mark = mark;
    } else if (std::exchange(parent.is_merge, false)) {
      merge(mark, parent.value.get_object(), value);
      parent.key.reset();
    } else {
      parent.value.get_object()[*parent.key] = std::move(value);
      parent.key.reset();
    }
  }

  // As kubectl does it: what is merged replaces the members before it, and the members after it replace it.
  void merge(const YAML::Mark& mark, json::object& into, const json::value& from) {
    if (from.is_object()) {
      for (const auto& member : from.get_object()) into[member.key()] = member.value();
      return;
    }
    if (!from.is_array()) fail(mark, "<< needs a mapping or a list of mappings");
    // The first of several mappings wins.
    const json::array& several = from.get_array();
    for (std::size_t i = several.size(); i-- > 0;) {
      if (!several[i].is_object()) fail(mark, "<< needs a mapping or a list of mappings");
      merge(mark, into, several[i]);
    }
  }

  std::string_view text_;
  std::optional<int> start_;  // where the document began
  std::optional<json::value> document_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, json::value> anchors_;
  std::size_t copied_ = 0;
};

// The length of the UTF-8 character that starts here; 0 when it is malformed.
std::size_t length_of_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return 1;
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80) return 0;
  const bool overlong = (byte(0) == 0xe0 && byte(1) < 0xa0) || (byte(0) == 0xf0 && byte(1) < 0x90);
  const bool surrogate = byte(0) == 0xed && byte(1) > 0x9f;
  const bool too_large = byte(0) == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

// yaml-cpp takes some control characters for the end of the text and replaces broken UTF-8 in silence.
std::optional<Error> bad_character_in(std::string_view text) {
  int line = 1;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool control = (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
    const std::size_t length = control ? 0 : length_of_character(text.substr(at));
    if (length == 0)
      return Error{Fault::invalid, fmt::format("line {}, column {}: {}", line, at - line_start + 1,
                                               control ? "a control character" : "not UTF-8")};
    at += length;
    if (byte == '\n') {
      ++line;
      line_start = at;
    }
  }
  return std::nullopt;
}

// nullopt when the text is not JSON from its first to its last character.
std::optional<std::vector<json::value>> json_values_in(std::string_view text) {
  const std::size_t start = text.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos || (text[start] != '{' && text[start] != '[')) return std::nullopt;
  json::parse_options options;
  options.max_depth = max_depth;
  std::vector<json::value> values;
  for (std::string_view rest = text.substr(start); !rest.empty();) {
    json::parser parser({}, options);
    boost::system::error_code error;
    const std::size_t used = parser.write_some(rest, error);
    if (error.failed()) return std::nullopt;
    // Read again, so that the same bounds hold as for any other JSON.
    Result<json::value> value = parse_json(rest.substr(0, used));
    if (!value) return std::nullopt;
    values.push_back(std::move(*value));
    const std::size_t next = rest.find_first_not_of(" \t\r\n", used);
    rest = next == std::string_view::npos ? std::string_view() : rest.substr(next);
  }
  return values;
}

// yaml-cpp takes the end of the text for the end of a quoted string when a line break stands before it. A comment
// behind the last line break makes it see that the closing quote is missing, and changes nothing else.
std::string with_visible_end(std::string_view text) {
  std::string whole(text);
  if (whole.ends_with('\n')) whole += '#';
  return whole;
}

// The same for a text whose last line is blank or ends with a quote, and has no line break; there the comment might
// become part of a text, so that what is read with it is not used.
void require_closing_quotes(std::string_view text) {
  const std::size_t last = text.find_last_not_of(" \t");
  if (last == std::string_view::npos || text.back() == '\n') return;
  if (text[last] != '\n' && text[last] != '\'' && text[last] != '"') return;
  std::istringstream stream(std::string(text) + "\n#");
  YAML::Parser parser(stream);
  Builder ignored(text);
  while (parser.HandleNextDocument(ignored)) {
  }
}

Result<std::vector<json::value>> documents_in(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (std::optional<Error> bad = bad_character_in(text)) return *bad;
  if (std::optional<std::vector<json::value>> values = json_values_in(text)) return std::move(*values);
  try {
    require_closing_quotes(text);
    std::istringstream stream(with_visible_end(text));
    YAML::Parser parser(stream);
    Builder builder(text);
    while (parser.HandleNextDocument(builder)) {
    }
    return std::move(builder.documents);
  } catch (const Failure& failure) {
    return failure.error;
  } catch (const YAML::Exception& error) {
    return Error{Fault::invalid,
                 fmt::format("line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1, error.msg)};
  }
}

}  // namespace

Result<json::value> parse_yaml(std::string_view text) {
  Result<std::vector<json::value>> documents = documents_in(text);
  if (!documents) return documents.error();
  if (documents->size() > 1) std::erase_if(*documents, [](const json::value& value) { return value.is_null(); });
  if (documents->size() != 1)
    return Error{Fault::invalid, fmt::format("the text holds {} YAML documents instead of one", documents->size())};
  return std::move(documents->front());
}

Result<std::vector<json::value>> parse_yaml_documents(std::string_view text) {
  Result<std::vector<json::value>> documents = documents_in(text);
  if (documents) std::erase_if(*documents, [](const json::value& value) { return value.is_null(); });
  return documents;
}

}  // namespace sluice::kube
