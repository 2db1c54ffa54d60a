// Named scenarios about updates that are interrupted by another one, at every stage of the first.
//
// They share what is asserted: the end is that of a direct update, requests always find the pods that their share needs
// (the oracle), superseded sets end without pods, and nothing is promoted without its own gates.
#include <boost/test/unit_test.hpp>

#include "kube/json.h"
#include "plans.h"

namespace sluice::simulation {
namespace {

namespace resources = kube::resources;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

// Promotes as often as it takes until this version is the stable one.
bool goes_through(Story& story, const std::string& version) {
  for (int times = 0; times < 10; ++times) {
    const auto is_over = [&] { return story.stable() == version && story.world.is("web", "Healthy"); };
    const auto waits = [&] {
      return story.world.is("web", "Paused") && story.stable() != version && !story.hash_of(version).empty();
    };
    if (!story.world.until([&] { return is_over() || waits(); }, minutes(20))) return false;
    if (is_over()) return true;
    const int step = story.step();
    story.promote();
    story.world.until([&] { return is_over() || story.step() != step || !story.world.is("web", "Paused"); });
  }
  return false;
}

// The end that a direct update from the first version to this one has, too.
void ends_as_a_direct_update(Story& story, const std::string& version, const Names& others) {
  BOOST_TEST(goes_through(story, version), story.world.phase("web") << " " << story.message());
  for (const std::string& other : others)
    BOOST_TEST(story.world.until([&] { return story.size(other) <= 0; }, minutes(11)),
               other << " has " << story.size(other));
  BOOST_TEST(story.size(version) == story.plan().replicas);
  if (story.weight() >= 0) BOOST_TEST(story.until_weight(0));
  story.world.come_to_rest();
}

const std::vector<std::pair<const char*, Plan>>& all_plans() {
  static const std::vector<std::pair<const char*, Plan>> all{
      {"T10", t10()}, {"I10", i10()}, {"D10", d10()}, {"C10", c10()}, {"B4m", b4m()}};
  return all;
}

BOOST_AUTO_TEST_SUITE(scenarios)

BOOST_AUTO_TEST_CASE(irq_01_a_new_version_before_the_canary_has_a_pod) {
  for (const auto& [name, plan] : {std::pair{"T10", t10()}, {"C10", c10()}, {"B4", b4()}}) {
    BOOST_TEST_CONTEXT(name) {
      Story story(plan);
      story.begin();
      story.release("v2");
      BOOST_REQUIRE(story.world.until([&] { return !story.hash_of("v2").empty(); }));
      story.world.always("the superseded version gets no further pod",
                         [&, most = std::max(0, story.size("v2"))] { return story.size("v2") <= most; });
      story.release("v3");
      ends_as_a_direct_update(story, "v3", {"v1", "v2"});
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_02_a_new_version_while_the_canary_is_partly_ready) {
  for (const auto& [name, plan] : {std::pair{"T10", t10()}, {"I10", i10()}, {"C10", c10()}}) {
    BOOST_TEST_CONTEXT(name) {
      Story story(plan);
      story.begin();
      story.release("v2");
      BOOST_REQUIRE(story.world.until([&] { return story.size("v2") == 2 && story.ready("v2") == 1; }));
      story.release("v3");
      ends_as_a_direct_update(story, "v3", {"v1", "v2"});
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_03_a_new_version_while_one_of_two_proxies_follows_the_weight) {
  Story story(t10(), honest_gateway(seconds(30), seconds(30)));
  story.begin();
  story.world.pass(minutes(2));  // until the gateway has spoken for the first time
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.share("v2") == 20; }));
  story.world.always("the canary's Service moves when both proxies send it nothing", [&] {
    return story.share("v2") == 0 || story.version_of(story.world.selected("web-canary")) == "v2";
  });
  story.release("v3");
  BOOST_REQUIRE(story.world.until([&] { return story.version_of(story.world.selected("web-canary")) == "v3"; }));
  story.world.no_longer("the canary's Service moves when both proxies send it nothing");
  ends_as_a_direct_update(story, "v3", {"v1", "v2"});
}

BOOST_AUTO_TEST_CASE(irq_04_a_new_version_in_a_pause_begins_with_the_first_step) {
  for (const int pause : {1, 3}) {
    Story story(
        t10("      steps: [{setWeight: 20}, {pause: {}}, {analysis: {templates: [{templateName: gate}]}}, "
            "{pause: {}}, {setWeight: 50}, {pause: {}}]\n"));
    story.begin(job_template("gate", "exit 0"));
    BOOST_REQUIRE(story.release_to_pause("v2", pause));
    const std::size_t runs = story.runs().size();
    story.release("v3");
    BOOST_REQUIRE(story.world.until([&] { return story.share("v3") == 20 && story.world.is("web", "Paused"); }));
    BOOST_TEST(story.step() == 1);
    BOOST_TEST(story.stable() == "v1");
    ends_as_a_direct_update(story, "v3", {"v1", "v2"});
    BOOST_TEST(story.runs().size() == runs + 1);
  }
}

BOOST_AUTO_TEST_CASE(irq_06_a_new_version_while_the_answer_to_the_promotion_is_lost) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  FaultyTransport& transport = story.world.controllers().transport();
  transport.clock = &story.world.clock();
  bool is_lost = false;
  transport.strike = [&](const kube::ApiRequest& request) {
    if (is_lost || request.body.find("\"stableRS\"") == std::string::npos) return WriteFault();
    is_lost = true;
    return WriteFault{WriteFault::Kind::answer_lost, 0, seconds(5)};
  };
  story.promote();
  BOOST_REQUIRE(story.world.until([&] { return is_lost; }));
  story.world.pass(seconds(1));
  BOOST_TEST(story.stable() == "v2");
  story.release("v3");
  story.world.always("the version that was promoted stays the stable one",
                     [&] { return story.stable() == "v2" || story.stable() == "v3"; });
  ends_as_a_direct_update(story, "v3", {"v1", "v2"});
}

BOOST_AUTO_TEST_CASE(irq_07_a_new_version_between_the_promotion_and_the_move_of_the_stable_service) {
  for (const auto& [name, plan] : {std::pair{"T10", t10()}, {"D10", d10()}}) {
    BOOST_TEST_CONTEXT(name) {
      Story story(plan);
      story.begin();
      BOOST_REQUIRE(story.release_to_pause("v2", 3));
      std::optional<kube::Time> until;
      story.world.controllers().transport().strike = [&](const kube::ApiRequest& request) {
        if (!request.target.ends_with("/services/web-stable")) return WriteFault();
        if (!until) until = story.world.clock().now() + seconds(40);
        return story.world.clock().now() < *until ? WriteFault{WriteFault::Kind::refused, 500} : WriteFault();
      };
      story.promote();
      BOOST_REQUIRE(story.world.until([&] { return story.stable() == "v2" && until; }));
      story.release("v3");
      ends_as_a_direct_update(story, "v3", {"v1", "v2"});
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_08_a_new_version_in_the_delay_of_the_old_set) {
  for (const std::string next : {"v3", "v1"}) {
    BOOST_TEST_CONTEXT("then " << next) {
      Story story(t10("      scaleDownDelaySeconds: 300\n"));
      story.begin();
      BOOST_REQUIRE(story.release_to_pause("v2", 3));
      story.promote();
      BOOST_REQUIRE(story.until_stable("v2"));
      BOOST_TEST(story.size("v1") == 10);
      story.release(next);
      ends_as_a_direct_update(story, next, {next == "v1" ? "v3" : "v1", "v2"});
    }
  }
}

// Tells the story once for each write of the update, with the interruption just before that write; every third one
// keeps the time that it takes within bounds.
template <class Interrupt>
void before_each_write(const Plan& plan, int pause, bool is_aborted, Interrupt interrupt, const Names& others,
                       const std::string& last) {
  for (int at = 1; at < 60; at += 3) {
    BOOST_TEST_CONTEXT("before write " << at) {
      Story story(plan);
      story.begin();
      if (pause >= 0) BOOST_REQUIRE(story.release_to_pause("v2", pause));
      int writes = 0;
      bool is_interrupted = false;
      story.world.controllers().transport().strike = [&](const kube::ApiRequest&) {
        if (++writes == at) {
          interrupt(story);
          is_interrupted = true;
        }
        return WriteFault();
      };
      if (is_aborted)
        story.abort();
      else
        story.release("v2");
      story.world.until([&] { return is_interrupted; }, minutes(2));
      if (!is_interrupted) return;
      ends_as_a_direct_update(story, last, others);
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_09_a_new_version_during_an_abort) {
  before_each_write(
      d10(steps_with_pauses({80})), 1, true, [](Story& story) { story.release("v3"); }, {"v1", "v2"}, "v3");
}

BOOST_AUTO_TEST_CASE(irq_10_a_new_version_in_the_delay_of_an_abort) {
  for (const bool is_retried : {false, true}) {
    Story story(t10());
    story.begin();
    BOOST_REQUIRE(story.release_to_pause("v2", 1));
    story.abort();
    BOOST_REQUIRE(story.until("Degraded"));
    BOOST_REQUIRE(story.until_weight(0));
    BOOST_TEST(story.size("v2") == 2);
    story.world.always("the aborted version gets no further pod", [&] { return story.size("v2") <= 2; });
    if (is_retried) story.retry();
    story.release("v3");
    ends_as_a_direct_update(story, "v3", {"v1", "v2"});
  }
}

BOOST_AUTO_TEST_CASE(irq_11_a_new_version_before_the_switch) {
  Story story(b4m("      previewReplicaCount: 1\n"));
  story.begin();
  story.release("v2");
  BOOST_REQUIRE(story.until("Paused"));
  BOOST_TEST(story.size("v2") == 1);
  story.world.always("the superseded preview never grows", [&] { return story.size("v2") <= 1; });
  story.release("v3");
  BOOST_TEST(story.world.until([&] { return story.preview() == "v3"; }));
  ends_as_a_direct_update(story, "v3", {"v1", "v2"});
}

BOOST_AUTO_TEST_CASE(irq_12_a_new_version_while_the_pre_promotion_analysis_runs) {
  Story story(b4("      prePromotionAnalysis: {templates: [{templateName: gate}]}\n"));
  story.begin(job_template("gate", "sleep 60; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.runs() == Names{"Running"}; }));
  story.world.always("the superseded version is never active", [&] { return story.active() != "v2"; });
  story.release("v3");
  ends_as_a_direct_update(story, "v3", {"v1", "v2"});
  BOOST_TEST(story.runs().size() == 2u);
}

BOOST_AUTO_TEST_CASE(irq_13_a_new_version_while_the_post_promotion_analysis_runs) {
  Story story(
      b4("      prePromotionAnalysis: {templates: [{templateName: before}]}\n"
         "      postPromotionAnalysis: {templates: [{templateName: after}]}\n"));
  story.begin(job_template("before", "exit 0") + job_template("after", "sleep 60; exit 0"));
  story.release("v2");
  BOOST_REQUIRE(story.world.until([&] { return story.active() == "v2" && story.runs().size() == 2; }));
  BOOST_TEST(story.stable() == "v1");
  story.release("v3");
  story.world.always("the superseded version does not become stable", [&] { return story.stable() != "v2"; });
  ends_as_a_direct_update(story, "v3", {"v1", "v2"});
  BOOST_TEST(story.runs().size() == 4u);
}

BOOST_AUTO_TEST_CASE(irq_14_back_to_the_stable_version_before_each_write) {
  for (const auto& [name, plan] : all_plans()) {
    BOOST_TEST_CONTEXT(name) {
      before_each_write(plan, -1, false, [](Story& story) { story.release("v1"); }, {"v2"}, "v1");
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_15_back_to_a_superseded_version_takes_a_new_revision_and_new_gates) {
  for (const auto& [name, plan] :
       {std::pair{
            "T10",
            t10("      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: gate}]}}, {pause: {}}]\n")},
        {"C10",
         c10("      steps: [{setWeight: 20}, {analysis: {templates: [{templateName: gate}]}}, {pause: {}}]\n")}}) {
    BOOST_TEST_CONTEXT(name) {
      Story story(plan);
      story.begin(job_template("gate", "exit 0"));
      BOOST_REQUIRE(story.release_to_pause("v2", 2));
      story.release("v3");
      BOOST_REQUIRE(story.world.until([&] { return story.runs().size() == 2 && story.world.is("web", "Paused"); }));
      story.release("v2");
      ends_as_a_direct_update(story, "v2", {"v1", "v3"});
      BOOST_TEST(story.runs().size() == 3u);
      BOOST_TEST(story.revisions() == (Names{"v1", "v3", "v2"}));
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_16_edits_beside_the_template_make_no_revision) {
  Story story(t10());
  story.begin();
  BOOST_REQUIRE(story.release_to_pause("v2", 3));
  story.change(t10("      steps: [{setWeight: 30}, {pause: {}}]\n"));
  BOOST_REQUIRE(story.world.until([&] { return story.step() == 1 && story.world.is("web", "Paused"); }));
  BOOST_TEST(story.weight() == 30);
  Plan later = t10("      steps: [{setWeight: 30}, {pause: {}}]\n");
  later.spec = "  minReadySeconds: 3\n";
  story.change(later);
  story.world.pass(seconds(30));
  BOOST_TEST(story.step() == 1);
  BOOST_TEST(story.weight() == 30);
  BOOST_TEST(story.revisions() == (Names{"v1", "v2"}));
  ends_as_a_direct_update(story, "v2", {"v1"});
}

BOOST_AUTO_TEST_CASE(irq_17_the_template_and_the_replicas_change_in_one_write) {
  for (const int replicas : {4, 20}) {
    for (Plan plan : {t10(), b4("", 10), c10()}) {
      Story story(plan);
      story.begin();
      plan.replicas = replicas;
      story.change(plan);
      story.release("v2");
      ends_as_a_direct_update(story, "v2", {"v1"});
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_18_another_strategy_in_the_midst_of_an_update) {
  const std::string services = Story::service("web-active") + Story::service("web-preview") +
                               Story::service("web-stable") + Story::service("web-canary") + Story::route();
  struct Row {
    const char* name;
    Plan before, after;
  };
  const Row rows[] = {{"blue-green to canary", b4m(), c10("", 4)},
                      {"canary to blue-green", t10("", 4), b4m()},
                      {"a router is added", c10("", 4), t10("", 4)},
                      {"the steps are removed", t10("", 4), t10("      steps: []\n", 4)}};
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      Story story(row.before);
      story.begin(services);
      story.release("v2");
      BOOST_REQUIRE(story.until("Paused"));
      story.change(row.after);
      BOOST_TEST(goes_through(story, "v2"), story.world.phase("web") << " " << story.message());
      BOOST_TEST(story.world.until([&] { return story.size("v1") <= 0; }));
      story.world.come_to_rest();
    }
  }
}

// Tells it with this limit of sets beside the stable one that have pods.
void tell_ten_versions(int most_beside) {
  for (const auto& [name, plan] : {std::pair{"T10", t10()}, {"B4", b4()}}) {
    BOOST_TEST_CONTEXT(name) {
      Plan limited = plan;
      limited.spec = "  revisionHistoryLimit: 3\n";
      Story story(limited);
      story.begin();
      story.world.always("few sets beside the stable one have pods", [&] {
        int beside = 0;
        for (const std::string& version : story.revisions())
          beside += version != story.stable() && story.size(version) > 0 ? 1 : 0;
        return beside <= most_beside;
      });
      for (int number = 2; number <= 11; ++number) {
        story.release("v" + std::to_string(number));
        story.world.pass(seconds(1));
      }
      BOOST_TEST(goes_through(story, "v11"));
      BOOST_TEST(story.world.until([&] { return story.revisions().size() <= 4; }));
      story.world.come_to_rest();
    }
  }
}

BOOST_AUTO_TEST_CASE(irq_19_ten_versions_in_ten_seconds_end_with_the_last) { tell_ten_versions(10); }

BOOST_AUTO_TEST_CASE(irq_19_ten_versions_in_ten_seconds_do_not_gather_sets, *boost::unit_test::disabled()) {
  tell_ten_versions(2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::simulation
