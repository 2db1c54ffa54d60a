// Reads the small XML documents that AWS answers with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "kube/result.h"

namespace sluice::analysis {

// An element without its attributes, which no answer needs.
struct XmlElement {
  std::string name;  // without a namespace prefix
  std::string text;  // its own, without blanks at the ends
  std::vector<XmlElement> children;

  // The first child of that name; nullptr when there is none.
  const XmlElement* find(std::string_view child) const;
  // The text of that child; "" when there is none.
  std::string_view text_of(std::string_view child) const;
};

// The root of the document. Bounded: 32 levels, 100,000 elements. Declarations of entities are refused.
kube::Result<XmlElement> read_xml(std::string_view text);

}  // namespace sluice::analysis
