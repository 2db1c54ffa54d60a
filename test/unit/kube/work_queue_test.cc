// A key is worked on once at a time, becomes ready when it should, and fails with growing pauses.
#include "kube/work_queue.h"

#include <boost/test/unit_test.hpp>

#include "kube/tasks.h"
#include "test/unit/kube/scripted_transport.h"

namespace sluice::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;

struct Fixture : test::Loop {
  WorkQueue queue{clock};
  Tasks tasks{io.get_executor(), log};
  std::vector<std::string> seen;  // "worker:key@seconds" in the order in which keys came out

  ~Fixture() {
    tasks.stop();
    clock.settle();
  }

  static ObjectKey key(std::string name) { return {"a", std::move(name)}; }

  net::awaitable<void> work(char worker, Duration each, int failures) {
    const Time start = clock.now();
    for (;;) {
      const ObjectKey next = co_await queue.next();
      const auto at = std::chrono::duration_cast<milliseconds>(clock.now() - start).count();
      seen.push_back(std::string(1, worker) + ":" + next.name + "@" + std::to_string(at));
      if (each > Duration::zero()) co_await clock.sleep_for(each);
      if (failures > 0) {
        --failures;
        queue.failed(next);
      } else {
        queue.forget(next);
      }
      queue.done(next);
    }
  }
  void start_worker(char name, Duration each = {}, int failures = 0) {
    tasks.start(std::string(1, name), work(name, each, failures));
    clock.settle();
  }
  std::string all() const {
    std::string text;
    for (const std::string& one : seen) text += (text.empty() ? "" : " ") + one;
    return text;
  }
};

BOOST_FIXTURE_TEST_SUITE(work_queue, Fixture)

BOOST_AUTO_TEST_CASE(a_key_that_is_added_twice_comes_out_once_and_in_order) {
  queue.add(key("x"));
  queue.add(key("y"));
  queue.add(key("x"));
  BOOST_TEST(queue.ready() == 2u);
  start_worker('1');
  BOOST_TEST(all() == "1:x@0 1:y@0");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_added_while_it_is_worked_on_comes_out_again_afterwards) {
  start_worker('1', seconds(1));
  start_worker('2', seconds(1));
  queue.add(key("x"));
  clock.settle();
  queue.add(key("x"));
  queue.add(key("x"));
  clock.settle();
  BOOST_TEST(all() == "1:x@0");
  clock.run_for(minutes(1));
  BOOST_TEST(all() == "1:x@0 1:x@1000");
}

BOOST_AUTO_TEST_CASE(the_earliest_of_several_times_holds) {
  start_worker('1');
  const Time now = clock.now();
  queue.add_at(key("x"), now + seconds(10));
  queue.add_at(key("x"), now + seconds(5));
  queue.add_at(key("x"), now + seconds(20));
  queue.add_at(key("y"), now + seconds(3));
  queue.add_at(key("z"), now - seconds(1));
  BOOST_TEST(queue.delayed() == 2u);
  clock.run_for(minutes(1));
  BOOST_TEST(all() == "1:z@0 1:y@3000 1:x@5000");
  BOOST_TEST(queue.delayed() == 0u);
}

BOOST_AUTO_TEST_CASE(an_earlier_time_cuts_a_wait_short) {
  start_worker('1');
  start_worker('2');
  queue.add_at(key("x"), clock.now() + minutes(10));
  clock.run_for(seconds(1));
  queue.add_at(key("y"), clock.now() + seconds(1));
  clock.run_for(minutes(20));
  BOOST_TEST(seen.size() == 2u);
  BOOST_TEST(seen[0].ends_with(":y@2000"));
  BOOST_TEST(seen[1].ends_with(":x@600000"));
}

BOOST_AUTO_TEST_CASE(due_keys_come_out_when_the_timekeeper_is_busy) {
  queue.add_at(key("late"), clock.now() + seconds(10));
  start_worker('1', minutes(1));  // keeps the time until it is woken for x
  start_worker('2', minutes(1));
  queue.add(key("x"));
  clock.run_for(minutes(5));
  BOOST_TEST(all() == "1:x@0 2:late@10000");
}

BOOST_AUTO_TEST_CASE(failures_double_the_pause_and_success_forgets_them) {
  start_worker('1', {}, 4);
  queue.add(key("x"));
  clock.run_for(milliseconds(4));
  BOOST_TEST(queue.failures(key("x")) == 1);
  clock.run_for(minutes(1));
  BOOST_TEST(all() == "1:x@0 1:x@5 1:x@15 1:x@35 1:x@75");
  BOOST_TEST(queue.failures(key("x")) == 0);
}

BOOST_AUTO_TEST_CASE(the_pause_has_a_cap) {
  start_worker('1', {}, 1000);
  queue.add(key("x"));
  clock.run_for(minutes(2));
  const std::size_t before = seen.size();
  clock.run_for(seconds(100));
  BOOST_TEST(seen.size() == before + 10);
}

BOOST_AUTO_TEST_CASE(several_workers_share_the_keys_fairly) {
  for (const char worker : {'1', '2', '3'}) start_worker(worker, seconds(1));
  for (const char* name : {"a", "b", "c", "d", "e", "f"}) queue.add(key(name));
  clock.run_for(seconds(3));
  BOOST_TEST(all() == "1:a@0 2:b@0 3:c@0 1:d@1000 2:e@1000 3:f@1000");
}

BOOST_AUTO_TEST_CASE(a_key_is_not_lost_with_the_worker_that_was_woken_for_it) {
  Tasks others(io.get_executor(), log);
  others.start("first", work('1', {}, 0));
  clock.settle();
  start_worker('2');
  queue.add(key("x"));  // wakes the first, which is stopped before it runs
  others.stop();
  clock.settle();
  BOOST_REQUIRE(seen.size() == 1u);
  BOOST_TEST(seen[0].ends_with(":x@0"));
  queue.add_at(key("y"), clock.now() + seconds(1));
  clock.run_for(seconds(2));
  BOOST_TEST(seen.back() == "2:y@1000");
}

BOOST_AUTO_TEST_CASE(another_worker_keeps_the_time_when_the_timekeeper_is_stopped) {
  Tasks others(io.get_executor(), log);
  others.start("first", work('1', {}, 0));
  clock.settle();
  start_worker('2');
  queue.add_at(key("x"), clock.now() + seconds(5));
  clock.settle();
  others.stop();
  clock.run_for(minutes(1));
  BOOST_TEST(all() == "2:x@5000");
}

BOOST_AUTO_TEST_CASE(nothing_waits_on_the_clock_when_no_key_is_due) {
  start_worker('1');
  queue.add(key("x"));
  clock.settle();
  // Without a sleeper the end comes at once; with one this would be asked once more for it.
  int asked = 0;
  clock.run_until([&] { return ++asked > 1; }, clock.now() + minutes(60));
  BOOST_TEST(asked == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::kube
