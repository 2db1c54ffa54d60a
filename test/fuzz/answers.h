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

// The reader that the environment names; ends the program with the list of all names when it names none of them.
Reader wanted_reader();

}  // namespace sluice::fuzz
