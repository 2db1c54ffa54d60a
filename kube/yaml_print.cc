// JSON values as YAML text that reads back as the same values.
#include <algorithm>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "kube/yaml.h"
#include "kube/yaml_scalar.h"

namespace sluice::kube {
namespace {

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// U+0085, U+2028, U+2029 and U+FEFF break lines or vanish in some readers.
bool has_odd_break(std::string_view text) {
  for (const std::string_view odd : {"\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf"})
    if (text.find(odd) != std::string_view::npos) return true;
  return false;
}

// True when the characters alone make a plain scalar of one line.
bool is_plain_shape(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return false;
  if (std::string_view(",[]{}#&*!|>'\"%@`").find(text.front()) != std::string_view::npos) return false;
  const bool indicator = text.front() == '-' || text.front() == '?' || text.front() == ':';
  if (indicator && (text.size() == 1 || text[1] == ' ')) return false;
  if (text.starts_with("---") || text.starts_with("...")) return false;
  return text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos && text.back() != ':';
}

bool means_itself(std::string_view text) {
  const Result<json::value> read = value_of_plain_scalar(text);
  return read && read->is_string() && !looks_like_time(text) && text != "<<" && text != "=";
}

std::string double_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const std::string_view rest = text.substr(i);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      static constexpr char digits[] = "0123456789abcdef";
      quoted += "\\x";
      quoted += digits[byte >> 4];
      quoted += digits[byte & 15];
    } else if (rest.starts_with("\xc2\x85")) {
      quoted += "\\x85";
      i += 1;
    } else if (rest.starts_with("\xe2\x80\xa8") || rest.starts_with("\xe2\x80\xa9")) {
      quoted += rest[2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (rest.starts_with("\xef\xbb\xbf")) {
      quoted += "\\uFEFF";
      i += 2;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string single_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    quoted += c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

std::string scalar(std::string_view text) {
  if (has_control_character(text) || has_odd_break(text)) return double_quoted(text);
  if (!text.empty() && !means_itself(text)) return double_quoted(text);
  if (is_plain_shape(text)) return std::string(text);
  return text.empty() ? "\"\"" : single_quoted(text);
}

// Lines that can stand under a `|` as they are.
bool fits_literal(std::string_view text) {
  if (text.find('\n') == std::string_view::npos || text.front() == ' ' || text.front() == '\n') return false;
  if (has_odd_break(text)) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20 && text[i] != '\n' && text[i] != '\t') || byte == 0x7f) return false;
    // A line of blanks, or blanks at the end of a line, are easily lost by an editor.
    if ((text[i] == ' ' || text[i] == '\t') && (i + 1 == text.size() || text[i + 1] == '\n')) return false;
    if (text[i] == '\t' && (i == 0 || text[i - 1] == '\n')) return false;
  }
  return true;
}

class Printer {
 public:
  std::string text;

  // What follows "key:" of a mapping at `indent`.
  void member(const json::value& value, std::size_t indent) {
    if (value.is_object() && !value.get_object().empty()) {
      text += '\n';
      mapping(value.get_object(), indent + 2, true);
    } else if (value.is_array() && !value.get_array().empty()) {
      text += '\n';
      list(value.get_array(), indent, true);
    } else {
      text += ' ';
      leaf(value, indent + 2);
    }
  }

  void mapping(const json::object& object, std::size_t indent, bool first_needs_indent) {
    std::vector<std::string_view> names;
    for (const auto& entry : object) names.emplace_back(entry.key());
    std::sort(names.begin(), names.end());
    for (const std::string_view name : names) {
      if (first_needs_indent) text.append(indent, ' ');
      first_needs_indent = true;
      text += scalar(name);
      text += ':';
      member(object.at(name), indent);
    }
  }

  void list(const json::array& items, std::size_t indent, bool first_needs_indent) {
    for (const json::value& item : items) {
      if (first_needs_indent) text.append(indent, ' ');
      first_needs_indent = true;
      text += "- ";
      if (item.is_object() && !item.get_object().empty())
        mapping(item.get_object(), indent + 2, false);
      else if (item.is_array() && !item.get_array().empty())
        list(item.get_array(), indent + 2, false);
      else
        leaf(item, indent + 2);
    }
  }

  void leaf(const json::value& value, std::size_t indent) {
    if (!value.is_string()) {
      text += value.is_object() ? "{}" : value.is_array() ? "[]" : print_json(value);
      text += '\n';
      return;
    }
    const std::string_view string = value.get_string();
    if (!string.empty() && fits_literal(string))
      literal(string, indent);
    else
      text += scalar(string) + "\n";
  }

 private:
  void literal(std::string_view string, std::size_t indent) {
    const bool ends_line = string.ends_with('\n');
    text += ends_line ? (string.ends_with("\n\n") ? "|+\n" : "|\n") : "|-\n";
    if (ends_line) string.remove_suffix(1);
    for (;;) {
      const std::size_t end = string.find('\n');
      const std::string_view line = string.substr(0, end);
      if (!line.empty()) text.append(indent, ' ').append(line);
      text += '\n';
      if (end == std::string_view::npos) return;
      string.remove_prefix(end + 1);
    }
  }
};

}  // namespace

std::string print_yaml(const json::value& value) {
  Printer printer;
  if (value.is_object() && !value.get_object().empty())
    printer.mapping(value.get_object(), 0, true);
  else if (value.is_array() && !value.get_array().empty())
    printer.list(value.get_array(), 0, true);
  else
    printer.leaf(value, 2);
  return printer.text;
}

}  // namespace sluice::kube
