// Which mutant this process runs.
#include "spoil.h"

#include <cstdlib>

namespace sluice::mutants {

const int chosen = [] {
  const char* text = std::getenv("SLUICE_MUTANT");
  return text ? std::atoi(text) : 0;
}();

}  // namespace sluice::mutants
