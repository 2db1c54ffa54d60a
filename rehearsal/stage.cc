// Playing one course.
#include "rehearsal/stage.h"

#include <algorithm>
#include <optional>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "controller/decide.h"
#include "controller/experiment_controller.h"
#include "controller/observe.h"
#include "controller/observe_experiment.h"
#include "controller/outlook.h"
#include "controller/rollout_controller.h"
#include "controller/stores.h"
#include "crds/decode.h"
#include "kube/events.h"
#include "kube/json.h"
#include "kube/tasks.h"
#include "rehearsal/chronicle.h"
#include "rehearsal/router_kinds.h"
#include "rehearsal/verdicts.h"
#include "sandbox/api_state.h"
#include "sandbox/in_process.h"
#include "sandbox/sandbox.h"

namespace sluice::rehearsal {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr auto longest = hours(24 * 30);
constexpr auto quiet = minutes(2);  // without a change and with nothing due: the end
constexpr auto traffic_ends_after =
    hours(1);  // of the update; simulated requests through days cost much and tell nothing
constexpr auto start_limit = minutes(30);
constexpr int most_rounds = 100'000;
constexpr const char* definitions_path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

sandbox::TrafficOptions gentle_traffic() {
  sandbox::TrafficOptions options;
  options.default_rate = 20;
  options.tick = std::chrono::milliseconds(100);
  return options;
}

std::string serialized(const json::value& value) { return json::serialize(value); }

std::string message_of(const kube::ApiResponse& answer) {
  const kube::Result<json::value> body = kube::parse_json(answer.body);
  return body ? std::string(kube::text_at(*body, {"message"})) : answer.body;
}

std::string without_dot(std::string text) {
  while (text.ends_with('.')) text.pop_back();
  return text;
}

// The cluster, the controller and the people of one course.
class Stage {
 public:
  explicit Stage(const Script& script)
      : script_(script),
        key_{std::string(kube::text_at(script.after, {"metadata", "namespace"})),
             std::string(kube::text_at(script.after, {"metadata", "name"}))},
        silent_(
            kube::LogLevel::error, kube::LogFormat::text, [this] { return clock_.now(); }, [](std::string_view) {}),
        sandbox_(io_, clock_, silent_),
        transport_(sandbox_.api(), "sluice"),
        client_(transport_),
        events_(client_, clock_, silent_, "rollouts-controller"),
        stores_({}),
        rollouts_(client_, stores_, events_, clock_, silent_, {}),
        experiments_(client_, stores_, events_, clock_, silent_, {}),
        tasks_(io_.get_executor(), silent_),
        verdicts_(sandbox_.api(), clock_, tasks_, script.job_takes, script.fate == Fate::failing_analysis),
        chronicle_(sandbox_.api(), clock_, key_) {
    traffic_.emplace(sandbox_.api(), sandbox_.workloads().gateway(), clock_, io_.get_executor(), gentle_traffic());
  }
  ~Stage() {
    traffic_.reset();
    tasks_.stop();
    io_.restart();
    while (io_.poll() > 0) io_.restart();
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  Staged play() {
    set_up();
    Staged staged;
    if (!is_started()) {
      staged.course.outcome = "the version before the change does not become healthy: " + state();
      return staged;
    }
    staged.blind_spots = controller::blind_spots_of(observed());
    chronicle_.begin();
    began_ = clock_.now();
    apply(script_.after);
    until_the_end();
    staged.course.moments = chronicle_.moments();
    staged.course.length = chronicle_.last_change() - began_;
    judge(staged.course);
    staged.course.requests_sent = sent_;
    staged.course.requests_lost = lost_;
    staged.course.cut = cut_;
    staged.course.most_pods = chronicle_.most_pods();
    staged.had_analysis = verdicts_.given() > 0 || chronicle_.saw_analysis();
    return staged;
  }

 private:
  void send(std::string method, std::string path, std::string type, std::string body) {
    const kube::ApiResponse answer = sandbox_.api().handle({method, path, type, body}, "rehearsal");
    if (answer.status < 300 || answer.status == 409) return;
    throw std::runtime_error(fmt::format("{} {}: {}", method, path, message_of(answer)));
  }

  void create(const json::value& object) {
    const std::string_view api_version = kube::text_at(object, {"apiVersion"});
    const std::size_t slash = api_version.find('/');
    const std::string_view group = slash == api_version.npos ? "" : api_version.substr(0, slash);
    const std::string_view version = slash == api_version.npos ? api_version : api_version.substr(slash + 1);
    const sandbox::KindPtr kind =
        sandbox_.api().state().kinds.find_kind(group, version, kube::text_at(object, {"kind"}));
    if (!kind) return;  // nothing that a rollout looks at
    const kube::Resource resource{kind->group, kind->version, kind->kind, kind->plural, kind->namespaced};
    const std::string ns(kind->namespaced ? kube::text_at(object, {"metadata", "namespace"}) : "");
    send("POST", resource.collection_path(ns), "application/json", serialized(object));
  }

  // Kinds of routers that a cluster gets with them; what they define beyond that plays no part here.
  void define_kinds() {
    for (const json::value& object : script_.surroundings) {
      const std::optional<json::value> definition = router_kind_of(object);
      if (definition) send("POST", definitions_path, "application/json", serialized(*definition));
    }
  }

  void set_up() {
    json::object space{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", {{"name", key_.ns}}}};
    send("POST", kube::resources::namespaces.collection_path(""), "application/json", serialized(space));
    define_kinds();
    for (const json::value& object : script_.surroundings) create(object);
    create(script_.before);
    events_.start(tasks_);
    stores_.start(tasks_, client_, clock_, silent_);
    rollouts_.start(tasks_);
    experiments_.start(tasks_);
  }

  void apply(const json::value& rollout) {
    const json::object whole{{"op", "replace"}, {"path", "/spec"}, {"value", *kube::find_at(rollout, {"spec"})}};
    send("PATCH", kube::resources::rollouts.object_path(key_), "application/json-patch+json",
         serialized(json::array{whole}));
  }

  void patch_status(const std::string& body) {
    send("PATCH", kube::resources::rollouts.object_path(key_, "status"), "application/merge-patch+json", body);
  }

  std::shared_ptr<const crds::Rollout> rollout() {
    kube::Mistakes ignored;
    return crds::decode_rollout(*sandbox_.api().find(kube::resources::rollouts, key_), ignored);
  }

  std::string state() {
    const auto now = rollout();
    return now->status.message.empty() ? now->status.phase.text()
                                       : now->status.phase.text() + ", " + now->status.message;
  }

  controller::RolloutObservation observed() { return controller::observe(stores_, stores_.rollouts.find(key_), {}); }

  bool is_started() {
    const auto is_healthy = [this] { return rollout()->status.phase == "Healthy"; };
    if (!clock_.run_until(is_healthy, clock_.now() + start_limit)) return false;
    clock_.run_for(seconds(5));  // until the routes and slices have followed, too
    return true;
  }

  // The moment at which time alone changes something, if there is one.
  std::optional<kube::Time> next_wake() {
    const controller::RolloutObservation seen = observed();
    return controller::decide(seen, clock_.now()).wake_at;
  }

  // Pauses that only a person ends.
  bool waits_for_a_person() {
    const auto now = rollout();
    if (now->status.pause_conditions.empty() || now->status.abort) return false;
    return !next_wake();
  }

  void count_requests() {
    if (!traffic_) return;
    const sandbox::EntryCounts total = traffic_->counts().total();
    sent_ = total.sent;
    lost_ = total.all_lost();
  }

  void act() {
    if (script_.fate == Fate::rescaled && !is_rescaled_ && chronicle_.has_new_pods()) {
      is_rescaled_ = true;
      const int replicas = rollout()->spec->replicas.value_or(1);
      chronicle_.tell(fmt::format("the autoscaler sets spec.replicas from {} to {}", replicas, replicas * 2));
      send("PATCH", kube::resources::rollouts.object_path(key_), "application/merge-patch+json",
           fmt::format(R"({{"spec":{{"replicas":{}}}}})", replicas * 2));
    }
    if (!waits_for_a_person()) {
      waits_since_.reset();
      return;
    }
    if (!waits_since_) waits_since_ = clock_.now();
    if (clock_.now() < *waits_since_ + script_.promote_after) return;
    waits_since_.reset();
    chronicle_.tell("a person promotes");
    patch_status(R"({"status":{"pauseConditions":null}})");
  }

  void until_the_end() {
    const kube::Time end = began_ + longest;
    // One that goes round in circles is cut, and judged by what it has come to.
    for (int rounds = 0; rounds < most_rounds; ++rounds) {
      if (clock_.now() >= end) {
        cut_ = "after 30 days it had not come to rest";
        return;
      }
      const kube::Time before = chronicle_.last_change();
      const auto stirs = [&] { return chronicle_.last_change() != before || must_act(); };
      clock_.run_until(stirs, std::min(end, next_look()));
      count_requests();
      if (clock_.now() > began_ + traffic_ends_after) traffic_.reset();
      act();
      if (clock_.now() >= chronicle_.last_change() + quiet && !is_something_due()) return;
    }
    cut_ = fmt::format("it still changed after {} rounds, so that it probably goes round in circles", most_rounds);
  }

  kube::Time next_look() {
    kube::Time look = clock_.now() + quiet;
    // While a person is waited for, only what changes something matters, and that ends the wait anyway.
    if (waits_since_ && !traffic_)
      look = *waits_since_ + script_.promote_after;
    else if (waits_since_)
      look = std::min(look, *waits_since_ + script_.promote_after);
    return std::max(look, clock_.now() + std::chrono::milliseconds(1));
  }

  bool must_act() { return !waits_since_ && waits_for_a_person(); }

  // Its Experiments have moments of their own, such as the end of their duration, which the Rollout only waits for.
  bool is_experiment_due() {
    for (const auto& experiment : observed().experiments) {
      const controller::ExperimentObservation seen = controller::observe_experiment(stores_, experiment, "");
      if (controller::decide_experiment(seen, clock_.now()).wake_at) return true;
    }
    return false;
  }

  bool is_something_due() {
    return next_wake().has_value() || is_experiment_due() || !verdicts_.are_all_given() || waits_since_.has_value();
  }

  void judge(Course& course) {
    const auto now = rollout();
    const bool is_promoted = now->status.phase == "Healthy" && now->status.stable_rs == now->status.current_pod_hash;
    const std::string after = kube::format_duration(std::chrono::round<seconds>(chronicle_.settled_at() - began_));
    if (is_promoted)
      course.outcome = fmt::format("the new version is promoted after {}", after);
    else if (now->status.abort)
      course.outcome = fmt::format("aborted, and the old version serves everything again after {}", after);
    else
      course.outcome = fmt::format("the old version stays the stable one ({})", without_dot(state()));
    switch (script_.fate) {
      case Fate::well:
      case Fate::rescaled:
        course.is_as_hoped = is_promoted;
        break;
      case Fate::failing_analysis:
        course.is_as_hoped = now->status.abort;
        break;
      case Fate::pods_never_ready:
        course.is_as_hoped = !is_promoted;
        break;
    }
  }

  const Script& script_;
  kube::ObjectKey key_;
  boost::asio::io_context io_{1};
  kube::VirtualClock clock_{io_};
  kube::Log silent_;
  sandbox::Sandbox sandbox_;
  sandbox::InProcessTransport transport_;
  kube::Client client_;
  kube::EventRecorder events_;
  controller::Stores stores_;
  controller::RolloutController rollouts_;
  controller::ExperimentController experiments_;
  kube::Tasks tasks_;
  Verdicts verdicts_;
  Chronicle chronicle_;
  std::optional<sandbox::Traffic> traffic_;
  kube::Time began_;
  std::optional<kube::Time> waits_since_;
  bool is_rescaled_ = false;
  std::string cut_;
  std::uint64_t sent_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace

Staged play(const Script& script) { return Stage(script).play(); }

}  // namespace sluice::rehearsal
