// Reading recorded objects line by line.
#include "trace_data.h"

#include <fstream>
#include <stdexcept>

#include "kube/json.h"

namespace sluice::crds {

std::vector<boost::json::value> trace_data(const std::string& file) {
  std::ifstream from(std::string(SLUICE_SOURCE_DIR) + "/test/data/" + file);
  if (!from) throw std::runtime_error("cannot read test/data/" + file);
  std::vector<boost::json::value> values;
  for (std::string line; std::getline(from, line);) values.push_back(kube::parse_json(line).value());
  if (values.empty()) throw std::runtime_error("nothing in test/data/" + file);
  return values;
}

}  // namespace sluice::crds
