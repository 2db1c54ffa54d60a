// The readers of what metric backends answer, as the fuzzer calls them.
#pragma once

#include <span>
#include <string_view>

namespace sluice::fuzz {

struct Reader {
  std::string_view name;
  void (*read)(unsigned status, std::string_view body);
};

std::span<const Reader> all_readers();

}  // namespace sluice::fuzz
