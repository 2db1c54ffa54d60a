// Label selectors of objects as text.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace sluice::sandbox {

// A LabelSelector, or the plain map of a Service, as "a=b,c in (d,e)"; "" for an empty one.
std::string selector_text(const boost::json::value& selector);

}  // namespace sluice::sandbox
