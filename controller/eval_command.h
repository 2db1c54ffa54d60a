// `sluice eval`: tries a condition on a recorded result.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "kube/time.h"

namespace sluice::controller {

// `arguments` is without the names of program and command; `now` is what now() answers unless the arguments say
// otherwise. Exit code: 0 when the condition has a value, 1 when it is wrong or cannot be evaluated, 2 for wrong
// arguments or a file that cannot be read.
int run_eval(const std::vector<std::string>& arguments, kube::Time now, std::istream& in, std::ostream& out,
             std::ostream& errors);

}  // namespace sluice::controller
