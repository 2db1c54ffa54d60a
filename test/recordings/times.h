// Times inside of objects, moved to the clock of another cluster.
#pragma once

#include <boost/json/value.hpp>

#include "kube/time.h"

namespace sluice::recordings {

// Adds `by` to every text of the value that is a time as metav1.Time and MicroTime write it.
void shift_times(boost::json::value& value, kube::Duration by);

}  // namespace sluice::recordings
