// Printing JSON as Go's encoding/json does.
#include "crds/go_json.h"

#include <boost/json.hpp>

#include "kube/json.h"

namespace sluice::crds {
namespace {

constexpr char hex[] = "0123456789abcdef";

void print(const json::value& value, std::string& to) {
  if (value.is_object()) {
    char before = '{';
    for (const auto& member : value.get_object()) {
      to.push_back(before);
      before = ',';
      print_go_string(member.key(), to);
      to.push_back(':');
      print(member.value(), to);
    }
    if (before == '{') to.push_back('{');
    to.push_back('}');
  } else if (value.is_array()) {
    char before = '[';
    for (const json::value& item : value.get_array()) {
      to.push_back(before);
      before = ',';
      print(item, to);
    }
    if (before == '[') to.push_back('[');
    to.push_back(']');
  } else if (value.is_string()) {
    print_go_string(value.get_string(), to);
  } else {
    to += kube::print_json(value);
  }
}

// The short escape of a control character or of a character that would end the text; "" when it has none.
std::string_view short_escape(unsigned char c) {
  switch (c) {
    case '"':
      return "\\\"";
    case '\\':
      return "\\\\";
    case '\b':
      return "\\b";
    case '\f':
      return "\\f";
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return {};
  }
}

}  // namespace

void print_go_string(std::string_view text, std::string& to) {
  to.push_back('"');
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (const std::string_view escape = short_escape(c); !escape.empty()) {
      to += escape;
    } else if (c < 0x20 || c == '<' || c == '>' || c == '&') {
      to += "\\u00";
      to.push_back(hex[c >> 4]);
      to.push_back(hex[c & 15]);
    } else if (c == 0xe2 && text.substr(at, 3) == "\xe2\x80\xa8") {
      to += "\\u2028";
      at += 2;
    } else if (c == 0xe2 && text.substr(at, 3) == "\xe2\x80\xa9") {
      to += "\\u2029";
      at += 2;
    } else {
      to.push_back(static_cast<char>(c));
    }
  }
  to.push_back('"');
}

std::string print_go_json(const json::value& value) {
  std::string text;
  print(value, text);
  return text;
}

}  // namespace sluice::crds
