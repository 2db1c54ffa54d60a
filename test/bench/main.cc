// `bench MEASURE [name=value...]`: one measure per run, so that none disturbs another. test/bench/run calls it.
#include <cstdio>
#include <exception>
#include <map>
#include <string>

#include <boost/json.hpp>

#include "kube/json.h"
#include "measures.h"

namespace sluice::bench {

void print_sample(const std::string& bench, boost::json::object values) {
  boost::json::object line{{"bench", bench}};
  for (auto& value : values) line[value.key()] = std::move(value.value());
  std::puts(kube::print_json(line).c_str());
  std::fflush(stdout);
}

namespace {

class Arguments {
 public:
  Arguments(int argc, char** argv) {
    for (int at = 2; at < argc; ++at) {
      const std::string argument = argv[at];
      const std::size_t equals = argument.find('=');
      values_[argument.substr(0, equals)] = equals == std::string::npos ? "" : argument.substr(equals + 1);
    }
  }
  std::string text(const std::string& name) const {
    const auto at = values_.find(name);
    return at == values_.end() ? std::string() : at->second;
  }
  int number(const std::string& name, int otherwise) const {
    const auto at = values_.find(name);
    return at == values_.end() ? otherwise : std::stoi(at->second);
  }

 private:
  std::map<std::string, std::string> values_;
};

int run(int argc, char** argv) {
  const std::string measure = argc > 1 ? argv[1] : "";
  const Arguments given(argc, argv);
  const std::string controller = given.text("controller");
  const int times = given.number("times", 10);
  const int pods = given.number("pods", 50);
  if (measure == "idle")
    measure_idle(controller, static_cast<std::size_t>(given.number("rollouts", 1000)),
                 static_cast<std::size_t>(given.number("foreign", 0)), given.number("seconds", 60));
  else if (measure == "canary")
    measure_updates(controller, Story::canary, times, pods);
  else if (measure == "blue-green")
    measure_updates(controller, Story::blue_green, times, pods);
  else if (measure == "abort")
    measure_updates(controller, Story::abort, times, pods);
  else if (measure == "measuring")
    measure_lateness(controller, given.number("runs", 1000), given.number("seconds", 60));
  else if (measure == "finished-runs")
    measure_finished_runs(controller, given.number("runs", 1000));
  else if (measure == "parts")
    measure_parts(given.number("repetitions", 2000));
  else {
    std::fputs("usage: bench idle|canary|blue-green|abort|measuring|finished-runs|parts [name=value...]\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace sluice::bench

int main(int argc, char** argv) {
  try {
    return sluice::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench: %s\n", error.what());
    return 1;
  }
}
