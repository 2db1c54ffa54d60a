// Answering instant queries.
#include "test/cluster/test_prometheus.h"

#include <chrono>

#include <boost/url/parse.hpp>
#include <fmt/format.h>

#include "test/cluster/expect.h"

namespace sluice::cluster_test {
namespace {

// The parameter `query`, of the URL or of a form in the body; "" without one.
std::string query_of(const kube::HttpServerRequest& request) {
  for (const std::string& target : {request.target, "/?" + request.body})
    if (const auto url = boost::urls::parse_origin_form(target))
      for (const auto parameter : url->params())
        if (parameter.key == "query") return parameter.value;
  return "";
}

}  // namespace

TestPrometheus::TestPrometheus(World& w)
    : w_(w),
      server_(w.io.get_executor(), kube::HttpServerOptions(),
              [this](kube::HttpServerRequest request, kube::HttpResponder& responder) {
                return answer(std::move(request), responder);
              }) {
  needed(server_.start());
}

std::string TestPrometheus::address() const { return fmt::format("http://127.0.0.1:{}", server_.port()); }

net::awaitable<void> TestPrometheus::answer(kube::HttpServerRequest request, kube::HttpResponder& responder) {
  kube::HttpServerResponse response;
  const std::string query = query_of(request);
  if (query.empty() || !request.target.starts_with("/api/v1/query")) {
    response.status = 400;
    response.body = R"({"status":"error","errorType":"bad_data","error":"not an instant query"})";
  } else {
    queries.push_back(query);
    authorization = request.headers.get("Authorization");
    const double now = static_cast<double>(w_.clock.now().time_since_epoch().count()) / 1e6;
    const std::string sample =
        value.empty() ? "" : fmt::format(R"({{"metric":{{}},"value":[{:.3f},"{}"]}})", now, value);
    response.status = status;
    if (status == 200)
      response.body = fmt::format(R"({{"status":"success","data":{{"resultType":"vector","result":[{}]}}}})", sample);
  }
  co_await responder.send(std::move(response));
}

}  // namespace sluice::cluster_test
