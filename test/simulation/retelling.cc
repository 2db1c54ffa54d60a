// Telling recorded stories.
#include "retelling.h"

#include <algorithm>
#include <iostream>
#include <map>

#include <boost/algorithm/string.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "crds/decode.h"
#include "crds/refused_fields.h"
#include "kube/json.h"
#include "router_manifests.h"
#include "story.h"
#include "test/recordings/comparison.h"

namespace sluice::simulation {

namespace net = kube::net;

net::awaitable<kube::Result<kube::ApiResponse>> PersonTransport::send(kube::ApiRequest request) {
  co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
  acting_.by_person = true;
  kube::ApiResponse answer = api_.handle(request, "test");
  acting_.by_person = false;
  co_return kube::Result<kube::ApiResponse>(std::move(answer));
}

net::awaitable<kube::Result<kube::ApiStream>> PersonTransport::open(kube::ApiRequest request) {
  co_await net::post(co_await net::this_coro::executor, net::use_awaitable);
  co_return kube::Result<kube::ApiStream>(api_.open(request, "test"));
}

namespace {

// The nodes of the recordings make a pod ready at the second full second after its creation.
sandbox::SandboxOptions recorded_pace() {
  sandbox::SandboxOptions options;
  options.workloads.shortest_start = options.workloads.longest_start = std::chrono::milliseconds(1900);
  return options;
}

bool knows_istio(const recordings::Recording& recording) {
  return std::any_of(recording.manifests.begin(), recording.manifests.end(), [](const json::value& object) {
    return kube::text_at(object, {"apiVersion"}).starts_with("networking.istio.io/");
  });
}

}  // namespace

Retelling::Retelling(const recordings::Recording& recording, Start start)
    : world(recorded_pace()), recording_(recording), transport_(world.api(), world.acting()), client_(transport_) {
  world.stop_traffic();
  world.acting().done = [this, oracle = world.acting().done](const kube::ApiRequest& request,
                                                             const kube::ApiResponse& answer, std::uint64_t before) {
    if (oracle) oracle(request, answer, before);
    note(request, answer);
  };
  // The clusters of the recordings about Istio knew its kinds in this version.
  if (knows_istio(recording)) world.apply(istio_definitions("v1alpha3"));
  if (start == Start::at_once) world.start();
}

void Retelling::answer_metrics(const std::string& answer) {
  world.prometheus = [answer](const kube::HttpRequest&) {
    if (answer != "500") return prometheus_says(answer);
    kube::HttpResponse failed;
    failed.status = 500;
    return kube::Result<kube::HttpResponse>(failed);
  };
}

void Retelling::tell(std::size_t first, kube::Time began) {
  recordings::Stage stage{client_, world.clock(), "default",
                          [this](const std::string& answer) { answer_metrics(answer); }};
  bool is_over = false;
  net::co_spawn(world.io(), recordings::tell(recording_, stage, first, began, telling),
                [&](const std::exception_ptr& error) {
                  is_over = true;
                  try {
                    if (error) std::rethrow_exception(error);
                  } catch (const std::exception& problem) {
                    failure = problem.what();
                  }
                });
  const bool ended = world.until([&] { return is_over; }, std::chrono::minutes(30));
  BOOST_TEST(ended, "the story does not end");
  BOOST_TEST(failure == "");
}

// Of "/apis/apps/v1/namespaces/default/replicasets/web-1" the words after the namespace.
void Retelling::note(const kube::ApiRequest& request, const kube::ApiResponse& answer) {
  if (request.method == "GET") return;
  if (answer.status >= 300) {
    refusals.push_back(fmt::format("{} {} {}: {}", request.method, request.target, request.body, answer.body));
    return;
  }
  const std::string mark = "/namespaces/default/";
  const std::size_t at = request.target.find(mark);
  if (at == std::string::npos) return;
  std::vector<std::string> place;
  boost::split(place, request.target.substr(at + mark.size()), [](char c) { return c == '/' || c == '?'; });
  if (place[0] == "events") return note_event(answer);
  static const std::map<std::string, std::string> verbs{
      {"POST", "create"}, {"PUT", "update"}, {"PATCH", "patch"}, {"DELETE", "delete"}};
  const std::string subresource =
      place.size() > 2 && request.target.find('?') == std::string::npos ? "/" + place[2] : "";
  writes.push_back(verbs.at(request.method) + " " + place[0] + subresource);
}

void Retelling::note_event(const kube::ApiResponse& answer) {
  const json::value event = json::parse(answer.body);
  const auto word = [&](std::initializer_list<std::string_view> path) {
    return std::string(kube::text_at(event, path));
  };
  std::string text = word({"involvedObject", "kind"}) + "/" + word({"involvedObject", "name"}) + " " + word({"type"}) +
                     " " + word({"reason"}) + ": " + word({"message"});
  boost::replace_all(text, "default/", recording_.name + "/");
  boost::replace_all(text, "/default", "/" + recording_.name);
  events.push_back(std::move(text));
}

std::string refused_field(const recordings::Recording& recording) {
  for (const json::value& object : recording.manifests) {
    if (kube::text_at(object, {"kind"}) != "Rollout") continue;
    kube::Mistakes ignored;
    const auto rollout = crds::decode_rollout(object, ignored);
    for (const kube::Mistake& mistake : crds::find_refused_fields(*rollout->spec)) return mistake.path;
  }
  return "";
}

bool is_left_out(const recordings::Recording& recording) {
  const auto& left_out = recordings::not_told();
  const auto found = left_out.find(recording.name);
  const std::string refused = refused_field(recording);
  const std::string reason = refused.empty() ? "" : refused + " is refused";
  BOOST_TEST(reason == (found == left_out.end() ? "" : found->second), "not_told.tsv does not say: " << reason);
  if (found == left_out.end()) return !refused.empty();
  std::cout << fmt::format("  {:<34} not told: {}\n", recording.name, found->second);
  return true;
}

}  // namespace sluice::simulation
