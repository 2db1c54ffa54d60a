// The stories of the recordings on a real API server, with Sluice in the place of the reference controller.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "crds/decode.h"
#include "crds/refused_fields.h"
#include "crds/rollout.h"
#include "kube/json.h"
#include "test/cluster/expect.h"
#include "test/cluster/stories.h"
#include "test/cluster/test_prometheus.h"
#include "test/recordings/comparison.h"
#include "test/recordings/telling.h"

namespace sluice::cluster_test {
namespace {

using recordings::Line;
using recordings::Recording;

// Which counts of pods a status happens to show on the way is a matter of milliseconds here, so progress is progress.
std::string without_counts(std::string text) {
  if (!text.starts_with("Progressing | ")) return text;
  const std::size_t end = text.find(" | ", std::string_view("Progressing | ").size());
  return end == std::string::npos ? "Progressing" : "Progressing" + text.substr(end);
}

// The step and the hashes, behind phase and message.
std::string place_in(const std::string& text) {
  const std::size_t at = std::min(text.find(" | step "), text.find(" | stable "));
  return at == std::string::npos ? "" : text.substr(at);
}

// Nor is it shown, where pods are ready soon enough, that a rollout gets on to where it stands in the next row; or
// where it got to when the person began another update before it was there.
bool hides(const std::string& text, const std::string& before) {
  if (!before.starts_with("Progressing")) return false;
  return place_in(before) == place_in(text) ||
         (text.starts_with("Progressing") && place_in(text).starts_with(" | step 0"));
}

std::vector<std::string> without_counts(const std::vector<std::string>& texts) {
  std::vector<std::string> shorter;
  for (const std::string& text : texts) {
    if (!shorter.empty() && hides(text, shorter.back())) shorter.pop_back();
    std::string shown = without_counts(text);
    if (shorter.empty() || shorter.back() != shown) shorter.push_back(std::move(shown));
  }
  return shorter;
}

std::vector<Line> without_counts(std::vector<Line> lines) {
  for (Line& line : lines) line.text = without_counts(std::move(line.text));
  return lines;
}

bool is_refused(const Recording& recording) {
  for (const json::value& object : recording.manifests) {
    if (kube::text_at(object, {"kind"}) != "Rollout") continue;
    kube::Mistakes ignored;
    if (!crds::find_refused_fields(*crds::decode_rollout(object, ignored)->spec).empty()) return true;
  }
  return false;
}

void use_server(json::value& object, const std::string& address) {
  if (kube::text_at(object, {"kind"}) != "AnalysisTemplate") return;
  for (json::value& metric : object.at("spec").at("metrics").as_array())
    if (json::value* provider = metric.at("provider").as_object().if_contains("prometheus"))
      provider->as_object()["address"] = address;
}

// Another story may hold the port of the nodes that a recorded Service asked for.
void ask_for_no_node_port(json::value& object) {
  if (kube::text_at(object, {"kind"}) != "Service") return;
  for (json::value& port : object.at("spec").at("ports").as_array()) port.as_object().erase("nodePort");
}

net::awaitable<void> tell_again(Scene scene, std::string name) {
  const Recording recording = recordings::read_recording(name);
  const bool is_left_out = recordings::not_told().contains(name);
  expect(is_left_out == is_refused(recording), name + ": not_told.tsv and the fields that are refused disagree");
  if (is_left_out) co_return;
  const auto list = recordings::listed(name, "differences.txt");
  expect(list.has_value(), name + " has no list of differences");
  TestPrometheus prometheus(scene.w);
  const auto answers = [&prometheus](const std::string& answer) {
    prometheus.status = answer == "500" ? 500 : 200;
    prometheus.value = answer;
  };
  const auto adapt = [&prometheus](json::value& object) {
    use_server(object, prometheus.address());
    ask_for_no_node_port(object);
  };
  recordings::Stage stage{scene.admin.client(), scene.admin.clock(), scene.ns, answers, adapt, true};
  recordings::Telling telling;
  const kube::Time began = scene.admin.clock().now();
  co_await recordings::tell(recording, stage, 0, began, telling);
  // In the recording of `restart` the person acted 45 ms before the rollout was Healthy again.
  const std::size_t allowed = name == "restart" ? 1 : 0;
  expect(telling.notes.size() <= allowed, fmt::format("{}", fmt::join(telling.notes, "\n")));
  const std::vector<Line> seen = recordings::compare(without_counts(recordings::texts_of(recording.rows)),
                                                     without_counts(recordings::texts_of(telling.rows)));
  const std::vector<Line> others = recordings::unlisted(seen, without_counts(*list));
  expect(others.empty(), "it went another way than the list of differences says:\n" + recordings::print(seen));
}

BOOST_AUTO_TEST_SUITE(stories)

#define SLUICE_RECORDED_STORY(test, name) \
  SLUICE_STORY(test) { co_await tell_again(scene, name); }

SLUICE_RECORDED_STORY(recorded_blue_green_abort, "bluegreen-abort-scaledown")
SLUICE_RECORDED_STORY(recorded_blue_green_seconds, "bluegreen-auto-seconds")
SLUICE_RECORDED_STORY(recorded_blue_green_back, "bluegreen-fast-rollback")
SLUICE_RECORDED_STORY(recorded_blue_green_manual, "bluegreen-manual")
SLUICE_RECORDED_STORY(recorded_blue_green_post_fails, "bluegreen-postpromotion-fail")
SLUICE_RECORDED_STORY(recorded_blue_green_pre_fails, "bluegreen-prepromotion-fail")
SLUICE_RECORDED_STORY(recorded_abort_and_retry, "canary-abort-retry-promote-full")
SLUICE_RECORDED_STORY(recorded_alb, "canary-alb-pingpong")
SLUICE_RECORDED_STORY(recorded_job_fails, "canary-analysis-step-job-fail")
SLUICE_RECORDED_STORY(recorded_job_passes, "canary-analysis-step-job-pass")
SLUICE_RECORDED_STORY(recorded_background_fails, "canary-background-analysis-fail")
SLUICE_RECORDED_STORY(recorded_background_passes, "canary-background-analysis-pass")
SLUICE_RECORDED_STORY(recorded_basic, "canary-basic")
SLUICE_RECORDED_STORY(recorded_dynamic_stable, "canary-dynamic-stable-scale")
SLUICE_RECORDED_STORY(recorded_istio_hosts, "canary-istio-hosts")
SLUICE_RECORDED_STORY(recorded_istio_subsets, "canary-istio-subsets")
SLUICE_RECORDED_STORY(recorded_nginx, "canary-nginx")
SLUICE_RECORDED_STORY(recorded_prometheus, "canary-prometheus")
SLUICE_RECORDED_STORY(recorded_rolling, "canary-rolling")
SLUICE_RECORDED_STORY(recorded_superseded, "canary-superseded")
SLUICE_RECORDED_STORY(recorded_undo, "canary-undo")
SLUICE_RECORDED_STORY(recorded_undo_in_window, "canary-undo-window")
SLUICE_RECORDED_STORY(recorded_experiment, "experiment-step")
SLUICE_RECORDED_STORY(recorded_experiment_fails, "experiment-step-fail")
SLUICE_RECORDED_STORY(recorded_history, "history-limit")
SLUICE_RECORDED_STORY(recorded_invalid_spec, "invalid-spec-then-fixed")
SLUICE_RECORDED_STORY(recorded_pause, "paused-spec")
SLUICE_RECORDED_STORY(recorded_deadline_aborts, "progress-deadline-exceeded")
SLUICE_RECORDED_STORY(recorded_deadline, "progress-deadline-no-abort")
SLUICE_RECORDED_STORY(recorded_restart, "restart")
SLUICE_RECORDED_STORY(recorded_scaling, "scale-by-hpa-like")
SLUICE_RECORDED_STORY(recorded_workload, "workloadref")

#undef SLUICE_RECORDED_STORY

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
