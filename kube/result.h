// What a call that may fail answers: a value, or an error of a kind that callers tell apart.
#pragma once

#include <string>
#include <utility>

#include <boost/system/result.hpp>

namespace sluice::kube {

// The kinds of failure that some caller answers differently. The HTTP statuses are those of the Kubernetes API.
enum class Fault {
  invalid,         // 400, 422: the request is wrong and will stay wrong; a user or this program must change it
  unauthorized,    // 401: the credentials are missing or no longer good
  forbidden,       // 403: RBAC denies it
  not_found,       // 404
  already_exists,  // 409 with reason AlreadyExists
  conflict,        // 409: the object has changed since it was read
  gone,            // 410: the version asked for is no longer kept; list again
  throttled,       // 429: later; also an eviction that a disruption budget forbids
  unavailable,     // the other side cannot be reached or answers 5xx
  timeout,         // no answer within the deadline
  cancelled,       // this program gave the call up
  internal         // an answer that makes no sense, or a broken promise of this program
};

// `message` is for whoever must act: what failed, where, and what to do instead.
struct Error {
  Fault fault = Fault::internal;
  std::string message;
};

// The field's word for a fault, for logs and metrics ("not_found").
const char* name_of(Fault fault);

// True when the same call may succeed later without anybody changing anything.
bool is_transient(Fault fault);

// Used by boost::system::result when value() is called on a failure; callers test first.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T = void>
using Result = boost::system::result<T, Error>;

}  // namespace sluice::kube
