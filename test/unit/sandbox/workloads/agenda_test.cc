// The work list runs what is due once, in order, and never inside the call that asks for it.
#include "sandbox/workloads/agenda.h"

#include <boost/test/unit_test.hpp>

namespace sluice::sandbox {
namespace {

using std::chrono::seconds;

struct Recorder final : Behaviour {
  void noted(const Change&) override {}
  bool reconcile(const kube::ObjectKey& key) override {
    seen.push_back(key.name);
    return refusals-- <= 0;
  }
  std::vector<std::string> seen;
  int refusals = 0;
};

struct Fixture {
  boost::asio::io_context io;
  kube::VirtualClock clock{io};
  kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [] { return kube::Time{}; }, [](std::string_view) {}};
  Recorder recorder;
  Agenda agenda{clock, io.get_executor(), log};
  const std::vector<std::string>& seen() {
    clock.settle();
    return recorder.seen;
  }
};

BOOST_FIXTURE_TEST_CASE(work_waits_for_the_loop_and_keeps_its_order, Fixture) {
  agenda.soon(recorder, {"ns", "b"});
  agenda.soon(recorder, {"ns", "a"});
  agenda.soon(recorder, {"ns", "b"});
  BOOST_TEST(recorder.seen.empty());
  BOOST_TEST((seen() == std::vector<std::string>{"b", "a"}));
}

BOOST_FIXTURE_TEST_CASE(an_earlier_alarm_does_not_wait_for_a_later_one, Fixture) {
  const kube::Time start = clock.now();
  agenda.at(start + seconds(10), recorder, {"ns", "late"});
  clock.settle();
  agenda.at(start + seconds(5), recorder, {"ns", "early"});
  clock.run_for(seconds(4));
  BOOST_TEST(recorder.seen.empty());
  clock.run_for(seconds(1));
  BOOST_TEST((recorder.seen == std::vector<std::string>{"early"}));
  clock.run_for(seconds(5));
  BOOST_TEST((recorder.seen == std::vector<std::string>{"early", "late"}));
}

BOOST_FIXTURE_TEST_CASE(equal_alarms_count_once, Fixture) {
  for (int times = 0; times < 3; ++times) agenda.at(clock.now() + seconds(1), recorder, {"ns", "a"});
  clock.run_for(seconds(2));
  BOOST_TEST(recorder.seen.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(changes_within_a_delay_are_answered_once_at_its_end, Fixture) {
  agenda.within(seconds(2), recorder, {"ns", "a"});
  clock.run_for(seconds(1));
  agenda.within(seconds(2), recorder, {"ns", "a"});
  clock.run_for(seconds(1));
  BOOST_TEST(recorder.seen.size() == 1u);
  clock.run_for(seconds(10));
  BOOST_TEST(recorder.seen.size() == 1u);
}

BOOST_FIXTURE_TEST_CASE(a_refused_write_is_tried_again_after_growing_pauses, Fixture) {
  recorder.refusals = 3;
  agenda.soon(recorder, {"ns", "a"});
  clock.run_for(seconds(7));  // 0, 1, 3, 7
  BOOST_TEST(recorder.seen.size() == 4u);
  clock.run_for(seconds(100));
  BOOST_TEST(recorder.seen.size() == 4u);
}

BOOST_AUTO_TEST_CASE(nothing_runs_after_its_end) {
  boost::asio::io_context io;
  kube::VirtualClock clock{io};
  const kube::Log log{kube::LogLevel::error, kube::LogFormat::text, [] { return kube::Time{}; },
                      [](std::string_view) {}};
  Recorder recorder;
  {
    Agenda agenda{clock, io.get_executor(), log};
    agenda.soon(recorder, {"ns", "a"});
    agenda.at(clock.now() + seconds(1), recorder, {"ns", "b"});
  }
  clock.run_for(seconds(5));
  BOOST_TEST(recorder.seen.empty());
}

}  // namespace
}  // namespace sluice::sandbox
