// A part of an object that is known but not interpreted here: its compact JSON text.
#pragma once

#include <string>

namespace sluice::crds {

struct RawJson {
  std::string text;  // "" when the part is absent
  bool empty() const { return text.empty(); }
  bool operator==(const RawJson&) const = default;
};

}  // namespace sluice::crds
