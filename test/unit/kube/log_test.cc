// Log lines and the reporting of tasks.
#include "kube/log.h"

#include <boost/test/unit_test.hpp>

#include "kube/tasks.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

struct Written {
  std::string line;
  Log log;
  explicit Written(LogFormat format)
      : log(
            LogLevel::info, format, [] { return Time{std::chrono::seconds{1767225600}}; },
            [this](std::string_view text) { line = text; }) {}
};

BOOST_AUTO_TEST_CASE(a_text_line_quotes_what_is_not_one_word) {
  Written written(LogFormat::text);
  written.log.warning("it \"broke\"", {{"rollout", "default/web"}, {"why", "two words"}, {"none", ""}});
  BOOST_TEST(written.line == R"(time="2026-01-01T00:00:00Z" level=warning msg="it \"broke\"" rollout=default/web )"
                             R"(why="two words" none="")");
}

BOOST_AUTO_TEST_CASE(a_json_line_is_json) {
  Written written(LogFormat::json);
  written.log.error("line\nbreak", {{"a", "b"}});
  BOOST_TEST(written.line == R"({"time":"2026-01-01T00:00:00Z","level":"error","msg":"line\nbreak","a":"b"})");
}

BOOST_AUTO_TEST_CASE(lines_below_the_level_are_not_written) {
  Written written(LogFormat::text);
  written.log.debug("hidden");
  BOOST_TEST(written.line.empty());
  BOOST_TEST(!written.log.writes(LogLevel::debug));
}

net::awaitable<void> fail_at(Clock& clock, Duration after) {
  co_await clock.sleep_for(after);
  throw std::runtime_error("boom");
}

net::awaitable<void> sleep_long(Clock& clock, bool& finished) {
  co_await clock.sleep_for(std::chrono::hours(1));
  finished = true;
}

BOOST_AUTO_TEST_CASE(a_task_that_throws_is_reported_by_name_and_the_others_go_on) {
  test::Loop loop;
  Tasks tasks(loop.io.get_executor(), loop.log);
  bool finished = false;
  tasks.start("sleeper", sleep_long(loop.clock, finished));
  tasks.start("broken", fail_at(loop.clock, std::chrono::seconds(1)));
  loop.clock.run_for(std::chrono::seconds(2));
  BOOST_TEST(tasks.running() == 1u);
  BOOST_REQUIRE(loop.lines.size() == 1u);
  BOOST_TEST(loop.lines[0].find("task=broken error=boom") != std::string::npos);
  loop.clock.run_for(std::chrono::hours(2));
  BOOST_TEST(finished);
  BOOST_TEST(tasks.running() == 0u);
}

BOOST_AUTO_TEST_CASE(stopped_tasks_end_without_a_report) {
  test::Loop loop;
  Tasks tasks(loop.io.get_executor(), loop.log);
  bool finished = false;
  tasks.start("one", sleep_long(loop.clock, finished));
  tasks.start("two", sleep_long(loop.clock, finished));
  loop.clock.settle();
  tasks.stop();
  loop.clock.settle();
  BOOST_TEST(tasks.running() == 0u);
  BOOST_TEST(!finished);
  BOOST_TEST(loop.lines.empty());
}

}  // namespace
}  // namespace sluice::kube
