// Telling recorded stories.
#include "retelling.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/test/unit_test.hpp>

#include "crds/decode.h"
#include "crds/refused_fields.h"
#include "kube/json.h"
#include "story.h"

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

Retelling::Retelling(const recordings::Recording& recording)
    : recording_(recording), transport_(world.api(), world.acting()), client_(transport_) {
  world.stop_traffic();
  world.start();
}

void Retelling::tell(std::size_t first, kube::Time began) {
  recordings::Stage stage{client_, world.clock(), "default", [this](const std::string& answer) {
                            world.prometheus = [answer](const kube::HttpRequest&) {
                              if (answer != "500") return prometheus_says(answer);
                              kube::HttpResponse failed;
                              failed.status = 500;
                              return kube::Result<kube::HttpResponse>(failed);
                            };
                          }};
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

std::vector<std::string> Retelling::writes() const { return {}; }

std::string refused_field(const recordings::Recording& recording) {
  for (const json::value& object : recording.manifests) {
    if (kube::text_at(object, {"kind"}) != "Rollout") continue;
    kube::Mistakes ignored;
    const auto rollout = crds::decode_rollout(object, ignored);
    for (const kube::Mistake& mistake : crds::find_refused_fields(*rollout->spec)) return mistake.path;
  }
  return "";
}

}  // namespace sluice::simulation
