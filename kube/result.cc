// The words for failures.
#include "kube/result.h"

#include <stdexcept>

namespace sluice::kube {

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::invalid:
      return "invalid";
    case Fault::unauthorized:
      return "unauthorized";
    case Fault::forbidden:
      return "forbidden";
    case Fault::not_found:
      return "not_found";
    case Fault::already_exists:
      return "already_exists";
    case Fault::conflict:
      return "conflict";
    case Fault::gone:
      return "gone";
    case Fault::throttled:
      return "throttled";
    case Fault::unavailable:
      return "unavailable";
    case Fault::timeout:
      return "timeout";
    case Fault::cancelled:
      return "cancelled";
    case Fault::internal:
      return "internal";
  }
  return "internal";
}

bool is_transient(Fault fault) {
  return fault == Fault::conflict || fault == Fault::throttled || fault == Fault::unavailable ||
         fault == Fault::timeout || fault == Fault::unauthorized;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::logic_error("value() of a failed result: " + error.message);
}

}  // namespace sluice::kube
