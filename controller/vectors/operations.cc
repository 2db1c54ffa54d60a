// The table of the questions that `sluice vectors` answers.
#include "controller/vectors/operations.h"

#include "controller/vectors/vectors.h"

namespace sluice::controller {

std::span<const VectorOperation> vector_operations() {
  static constexpr VectorOperation operations[] = {
      {"eval", vectors::eval},     {"template", vectors::fill_template},
      {"assess", vectors::assess}, {"hash", vectors::hash},
      {"phase", vectors::phase},   {"replicas", vectors::replicas},
      {"route", vectors::route},
  };
  return operations;
}

}  // namespace sluice::controller
