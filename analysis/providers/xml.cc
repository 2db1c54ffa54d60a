// Reads the small XML documents that AWS answers with.
#include "analysis/providers/xml.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sluice::analysis {
namespace {

using kube::Error;
using kube::Fault;

constexpr std::size_t most_levels = 32;
constexpr std::size_t most_elements = 100'000;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

// Thrown inside this file only.
struct Mistake {
  std::string what;
};

void add_code_point(std::string& to, unsigned code) {
  if (code < 0x80) {
    to += static_cast<char>(code);
  } else if (code < 0x800) {
    to += static_cast<char>(0xc0 | code >> 6);
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    to += static_cast<char>(0xe0 | code >> 12);
    to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    to += static_cast<char>(0xf0 | code >> 18);
    to += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    to += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    to += static_cast<char>(0x80 | (code & 0x3f));
  }
}

class Document {
 public:
  explicit Document(std::string_view text) : text_(text) {}

  XmlElement read() {
    skip_prologue();
    XmlElement root = read_element(0);
    return root;
  }

 private:
  [[noreturn]] void fail(std::string_view what) const { throw Mistake{fmt::format("{} at byte {}", what, at_)}; }
  bool sees(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  void skip_past(std::string_view word) {
    const std::size_t found = text_.find(word, at_);
    if (found == std::string_view::npos) fail("the document ends too early");
    at_ = found + word.size();
  }

  void skip_prologue() {
    for (;;) {
      const std::size_t begin = text_.find('<', at_);
      if (begin == std::string_view::npos) fail("no XML");
      if (!trimmed(text_.substr(at_, begin - at_)).empty()) fail("no XML");
      at_ = begin;
      if (sees("<?"))
        skip_past("?>");
      else if (sees("<!--"))
        skip_past("-->");
      else if (sees("<!"))
        fail("declarations are not read");
      else
        return;
    }
  }

  // At the '<' of its start tag.
  XmlElement read_element(std::size_t level) {
    if (level > most_levels) fail("elements stand too deep in each other");
    if (++elements_ > most_elements) fail("too many elements");
    XmlElement element;
    const std::size_t end = text_.find('>', at_);
    if (end == std::string_view::npos) fail("the document ends too early");
    std::string_view tag = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    const bool is_closed = tag.ends_with('/');
    if (is_closed) tag.remove_suffix(1);
    tag = tag.substr(0, tag.find_first_of(" \t\r\n"));
    if (tag.empty() || tag.front() == '/') fail("an element is expected");
    element.name = tag.substr(tag.find(':') + 1);  // npos + 1 is 0
    if (!is_closed) read_content(element, tag, level);
    element.text = trimmed(element.text);
    return element;
  }

  void read_content(XmlElement& element, std::string_view tag, std::size_t level) {
    for (;;) {
      const std::size_t next = text_.find('<', at_);
      if (next == std::string_view::npos) fail("the document ends too early");
      add_text(element.text, text_.substr(at_, next - at_));
      at_ = next;
      if (sees("</")) {
        const std::string_view closing = text_.substr(at_ + 2);
        if (!closing.starts_with(tag)) fail("an element is closed by another name");
        skip_past(">");
        return;
      }
      if (sees("<!--")) {
        skip_past("-->");
      } else if (sees("<![CDATA[")) {
        const std::size_t begin = at_ + 9;
        skip_past("]]>");
        element.text += text_.substr(begin, at_ - 3 - begin);
      } else {
        element.children.push_back(read_element(level + 1));
      }
    }
  }

  void add_text(std::string& to, std::string_view raw) const {
    for (std::size_t at = 0; at < raw.size(); ++at) {
      const std::size_t end = raw[at] == '&' ? raw.find(';', at) : std::string_view::npos;
      if (end == std::string_view::npos || end - at > 10) {
        to += raw[at];
        continue;
      }
      add_entity(to, raw.substr(at + 1, end - at - 1));
      at = end;
    }
  }
  void add_entity(std::string& to, std::string_view name) const {
    constexpr std::pair<std::string_view, char> known[] = {
        {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
    for (const auto& [entity, character] : known)
      if (name == entity) {
        to += character;
        return;
      }
    if (!name.starts_with('#')) fail("an unknown entity");
    const bool is_hex = name.size() > 1 && name[1] == 'x';
    const std::string_view digits = name.substr(is_hex ? 2 : 1);
    unsigned code = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, is_hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || code == 0 || code > 0x10ffff)
      fail("an unknown entity");
    add_code_point(to, code);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  const auto found = std::ranges::find(children, child, &XmlElement::name);
  return found == children.end() ? nullptr : &*found;
}

std::string_view XmlElement::text_of(std::string_view child) const {
  const XmlElement* found = find(child);
  return found ? std::string_view(found->text) : std::string_view();
}

kube::Result<XmlElement> read_xml(std::string_view text) {
  try {
    return Document(text).read();
  } catch (const Mistake& mistake) {
    return Error{Fault::internal, "not XML: " + mistake.what};
  }
}

}  // namespace sluice::analysis
