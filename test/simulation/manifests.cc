// Reading examples.
#include "manifests.h"

#include <fstream>
#include <iterator>

#include <boost/test/unit_test.hpp>

namespace sluice::simulation {

std::string example(const std::string& name) {
  std::ifstream file(std::string(SLUICE_SOURCE_DIR) + "/examples/" + name);
  BOOST_REQUIRE_MESSAGE(file.good(), "there is no example " << name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  BOOST_REQUIRE_MESSAGE(at != std::string::npos, "nothing to replace: " << from);
  for (; at != std::string::npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

std::string with_graceful_pods(std::string yaml) {
  const std::string port = "            - containerPort: 8080\n";
  return replaced(std::move(yaml), port, port + "          lifecycle: {preStop: {exec: {command: [sleep, '2']}}}\n");
}

}  // namespace sluice::simulation
