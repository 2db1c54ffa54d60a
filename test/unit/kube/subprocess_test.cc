// Running programs: what comes back, and what ends them.
#include "kube/subprocess.h"

#include <csignal>
#include <fstream>
#include <sched.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include "http_fixture.h"

namespace sluice::kube {
namespace {

using std::chrono::milliseconds;

Command shell(std::string script) {
  Command command;
  command.arguments = {"sh", "-c", std::move(script)};
  command.environment = current_environment();
  return command;
}

Result<CommandOutcome> run(Command command) {
  net::io_context io(1);
  return run_on(io, run_command(std::move(command)));
}

// A zombie that its new parent has not collected yet does not run any more.
bool is_running(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');
  return name_end != std::string::npos && line.compare(name_end, 3, ") Z") != 0;
}

BOOST_AUTO_TEST_SUITE(subprocess, *boost::unit_test::timeout(30))

BOOST_AUTO_TEST_CASE(keeps_both_outputs_and_the_exit_code) {
  const auto outcome = run(shell("echo out; echo err >&2; exit 3"));
  BOOST_REQUIRE(outcome);
  BOOST_TEST(outcome->exit_code == 3);
  BOOST_TEST(outcome->signal == 0);
  BOOST_TEST(outcome->output == "out\n");
  BOOST_TEST(outcome->errors == "err\n");
}

BOOST_AUTO_TEST_CASE(a_signal_is_told_apart_from_an_exit) {
  const auto outcome = run(shell("kill -TERM $$"));
  BOOST_REQUIRE(outcome);
  BOOST_TEST(outcome->signal == SIGTERM);
  BOOST_TEST(outcome->exit_code == 128 + SIGTERM);
}

BOOST_AUTO_TEST_CASE(gives_its_input_environment_and_folder) {
  Command command = shell("cat; echo $GREETING; pwd; env | wc -l");
  command.input = std::string(200'000, 'x');
  command.environment = {{"GREETING", "hello"}, {"PATH", "/usr/bin:/bin"}};
  command.folder = "/usr";
  const auto outcome = run(std::move(command));
  BOOST_REQUIRE(outcome);
  BOOST_TEST(outcome->output.substr(0, 200'000) == std::string(200'000, 'x'));
  // The shell adds PWD to the two variables that it was given.
  BOOST_TEST(outcome->output.substr(200'000) == "hello\n/usr\n3\n");
}

BOOST_AUTO_TEST_CASE(a_program_need_not_read_its_input) {
  Command command = shell("exit 0");
  command.input = std::string(5'000'000, 'x');
  const auto outcome = run(std::move(command));
  BOOST_REQUIRE(outcome);
  BOOST_TEST(outcome->exit_code == 0);
}

BOOST_AUTO_TEST_CASE(output_over_the_limit_is_read_and_dropped) {
  Command command = shell("head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo end");
  command.output_limit = 1000;
  const auto outcome = run(std::move(command));
  BOOST_REQUIRE(outcome);
  BOOST_TEST(outcome->exit_code == 0);
  BOOST_TEST(outcome->output.size() == 1000u);
  BOOST_TEST(outcome->output_cut);
  BOOST_TEST(outcome->errors_cut);
}

BOOST_AUTO_TEST_CASE(a_program_that_takes_too_long_is_ended) {
  Command command = shell("echo still at it >&2; exec sleep 60");
  command.deadline = milliseconds(50);
  const auto outcome = run(std::move(command));
  BOOST_REQUIRE(!outcome);
  BOOST_TEST((outcome.error().fault == Fault::timeout));
  BOOST_TEST(outcome.error().message == "sh: did not end within 50ms; it said: still at it");
}

BOOST_AUTO_TEST_CASE(a_program_that_ignores_term_is_killed) {
  Command command = shell("trap '' TERM; while :; do sleep 1; done");
  command.deadline = command.patience = milliseconds(50);
  const auto outcome = run(std::move(command));
  BOOST_REQUIRE(!outcome);
  BOOST_TEST((outcome.error().fault == Fault::timeout));
}

BOOST_AUTO_TEST_CASE(what_it_leaves_running_is_killed) {
  const auto outcome = run(shell("sleep 60 >/dev/null 2>&1 & echo $!"));
  BOOST_REQUIRE(outcome);
  const int left = std::stoi(outcome->output);
  // The kernel delivers the signal on its own time.
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (is_running(left) && std::chrono::steady_clock::now() < end) ::sched_yield();
  BOOST_TEST(!is_running(left));
}

BOOST_AUTO_TEST_CASE(a_child_that_holds_the_pipe_does_not_hold_us) {
  const auto outcome = run(shell("sleep 60 & echo done"));
  BOOST_REQUIRE(outcome);
  BOOST_TEST(outcome->output == "done\n");
}

BOOST_AUTO_TEST_CASE(no_such_program_is_told) {
  Command command;
  command.arguments = {"no-such-program-here"};
  const auto outcome = run(std::move(command));
  BOOST_REQUIRE(!outcome);
  BOOST_TEST((outcome.error().fault == Fault::not_found));
  BOOST_TEST(outcome.error().message == "no-such-program-here: there is no such program");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_program_is_told) {
  Command command;
  command.arguments = {"/etc/hostname"};
  BOOST_TEST((run(std::move(command)).error().fault == Fault::invalid));
}

BOOST_AUTO_TEST_CASE(a_missing_folder_is_told_apart_from_a_missing_program) {
  Command command = shell("true");
  command.folder = "/no/such/folder";
  BOOST_TEST(run(std::move(command)).error().message == "sh: there is no folder /no/such/folder to run in");
}

BOOST_AUTO_TEST_CASE(cancelling_the_wait_ends_the_program) {
  net::io_context io(1);
  net::cancellation_signal stop;
  std::optional<Result<CommandOutcome>> outcome;
  Command command = shell("sleep 60");
  net::co_spawn(io, run_command(std::move(command)),
                net::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr error, Result<CommandOutcome> result) {
                  if (error)
                    outcome = Error{Fault::cancelled, "thrown"};
                  else
                    outcome = std::move(result);
                }));
  io.run_for(milliseconds(20));
  BOOST_TEST(!outcome.has_value());
  stop.emit(net::cancellation_type::terminal);
  io.restart();
  io.run_for(std::chrono::seconds(5));
  BOOST_REQUIRE(outcome.has_value());
  BOOST_TEST(!outcome->has_value());
  BOOST_TEST((outcome->error().fault == Fault::cancelled));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
