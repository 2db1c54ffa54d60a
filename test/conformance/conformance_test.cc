// The same requests to the sandbox and to a real API server: the same answers.
//
// Without further ado the sandbox is compared with what was recorded. With SLUICE_CONFORMANCE_KUBECONFIG, the path of a
// kubeconfig of a real API server without controllers, it is compared with that server instead; with
// SLUICE_CONFORMANCE_RECORD=1 as well, that server's answers replace the recorded ones.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "kube/clock.h"
#include "kube/http_transport.h"
#include "kube/json.h"
#include "kube/kubeconfig.h"
#include "sandbox/api.h"
#include "sandbox/in_process.h"
#include "test/conformance/normal_form.h"
#include "test/conformance/sequence.h"

namespace sluice::conformance {
namespace {

namespace net = boost::asio;

const std::string folder = std::string(SLUICE_SOURCE_DIR) + "/test/conformance/";

const char* setting(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

// A second of a watch passes at once.
Answers sandbox_answers(const Sequence& sequence) {
  const std::string namespace_name = "conformance-" + sequence.name;
  net::io_context io;
  kube::VirtualClock clock(io);
  sandbox::Api api(clock);
  sandbox::InProcessTransport transport(api, "tester");
  Answers answers;
  std::exception_ptr failure;
  net::co_spawn(io, play(transport, sequence, namespace_name), [&](std::exception_ptr error, Answers given) {
    failure = error;
    answers = std::move(given);
  });
  clock.run_for(std::chrono::minutes(10));
  if (failure) std::rethrow_exception(failure);
  return answers;
}

Answers server_answers(const Sequence& sequence, const std::string& kubeconfig) {
  net::io_context io;
  kube::RealClock clock;
  // Nobody may be there to remove the namespaces of earlier runs.
  const std::string namespace_name =
      "conformance-" + sequence.name + "-" + std::to_string(clock.now().time_since_epoch().count() / 1000);
  kube::AccessChoice choice;
  choice.kubeconfig = kubeconfig;
  const auto access = kube::find_cluster_access(choice, kube::process_environment());
  if (!access) throw std::runtime_error(access.error().message);
  kube::HttpTransportOptions options;
  options.user_agent = "tester";
  kube::HttpTransport transport(*access, clock, options);
  Answers answers;
  std::exception_ptr failure;
  net::co_spawn(io, play(transport, sequence, namespace_name), [&](std::exception_ptr error, Answers given) {
    failure = error;
    answers = std::move(given);
    io.stop();
  });
  io.run();
  if (failure) std::rethrow_exception(failure);
  return answers;
}

std::string recorded_file(const Sequence& sequence) { return folder + "recorded/" + sequence.name + ".json"; }

Answers recorded_answers(const Sequence& sequence) {
  std::ifstream file(recorded_file(sequence));
  std::stringstream text;
  text << file.rdbuf();
  const auto value = kube::parse_json(text.str());
  if (!value) throw std::runtime_error(recorded_file(sequence) + ": " + value.error().message);
  return {value->as_array().begin(), value->as_array().end()};
}

void record(const Sequence& sequence, const Answers& answers) {
  std::ofstream file(recorded_file(sequence));
  file << "[\n";
  for (std::size_t i = 0; i < answers.size(); ++i)
    file << kube::print_json(answers[i]) << (i + 1 < answers.size() ? ",\n" : "\n");
  file << "]\n";
}

// One line for each difference, with the step it is in.
void compare(const Sequence& sequence, const Answers& answered, const Answers& expected) {
  BOOST_TEST_REQUIRE(answered.size() == expected.size());
  NormalForm ours;
  NormalForm theirs;
  for (std::size_t i = 0; i < answered.size(); ++i) {
    const json::value left = ours.of(answered[i], sequence.steps[i].ignore);
    const json::value right = theirs.of(expected[i], sequence.steps[i].ignore);
    for (const std::string& line : differences(left, right))
      BOOST_ERROR(sequence.name << " step " << i + 1 << " (" << sequence.steps[i].method << " "
                                << sequence.steps[i].target << "): " << line);
  }
}

void check(const Sequence& sequence) {
  const char* kubeconfig = setting("SLUICE_CONFORMANCE_KUBECONFIG");
  if (!kubeconfig) {
    compare(sequence, sandbox_answers(sequence), recorded_answers(sequence));
    return;
  }
  const Answers answers = server_answers(sequence, kubeconfig);
  if (setting("SLUICE_CONFORMANCE_RECORD")) record(sequence, answers);
  compare(sequence, sandbox_answers(sequence), answers);
}

// One test case for each file of requests.
struct Cases {
  Cases() {
    for (const Sequence& sequence : read_sequences(folder + "requests"))
      boost::unit_test::framework::master_test_suite().add(
          BOOST_TEST_CASE_NAME([sequence] { check(sequence); }, sequence.name));
  }
};
BOOST_AUTO_TEST_CASE(every_sequence_is_recorded) {
  for (const Sequence& sequence : read_sequences(folder + "requests"))
    BOOST_TEST(recorded_answers(sequence).size() == sequence.steps.size(), sequence.name);
}

const Cases cases;

}  // namespace
}  // namespace sluice::conformance
