// Lines of JSON from test/data: traces/ holds what the reference controller did on a real API server.
#pragma once

#include <string>
#include <vector>

#include <boost/json.hpp>

namespace sluice::crds {

// Every line of a file as a value. Throws when the file is missing or a line is not JSON.
std::vector<boost::json::value> trace_data(const std::string& file);

}  // namespace sluice::crds
