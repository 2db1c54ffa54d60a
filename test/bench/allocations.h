// How often memory was asked for, and how many instructions were run.
#pragma once

#include <cstdint>
#include <optional>

namespace sluice::bench {

// Calls of operator new by this program so far.
std::uint64_t allocations();

// Instructions of this thread in user space; nullopt where the system does not let them be counted.
class InstructionCounter {
 public:
  InstructionCounter();
  ~InstructionCounter();
  InstructionCounter(const InstructionCounter&) = delete;
  InstructionCounter& operator=(const InstructionCounter&) = delete;
  std::optional<std::uint64_t> count() const;

 private:
  int descriptor_ = -1;
};

}  // namespace sluice::bench
