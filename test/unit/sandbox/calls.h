// Short ways to send requests to an Api and to look at what it answers.
#pragma once

#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "kube/clock.h"
#include "kube/json.h"
#include "sandbox/api.h"

namespace sluice::sandbox {

struct Answered {
  unsigned status = 0;
  json::value body;
  std::vector<std::string> warnings;

  std::string text(std::initializer_list<std::string_view> path) const {
    return std::string(kube::text_at(body, path));
  }
  std::int64_t number(std::initializer_list<std::string_view> path) const { return kube::number_at(body, path, -1); }
  std::string message() const { return text({"message"}); }
  std::string reason() const { return text({"reason"}); }
};

// An API server on a virtual clock.
struct Cluster {
  kube::net::io_context io;
  kube::VirtualClock clock{io};
  Api api{clock};

  Answered call(std::string method, std::string target, std::string body = "", std::string type = "application/json",
                std::string accept = "") {
    kube::ApiRequest request{std::move(method), std::move(target), body.empty() ? "" : std::move(type), std::move(body),
                             std::move(accept)};
    const kube::ApiResponse response = api.handle(request, "tester");
    const kube::Result<json::value> read = kube::parse_json(response.body);
    return {response.status, read ? *read : json::value(response.body), response.warnings};
  }
  Answered get(std::string target) { return call("GET", std::move(target)); }
  Answered post(std::string target, std::string body) { return call("POST", std::move(target), std::move(body)); }
  Answered put(std::string target, std::string body) { return call("PUT", std::move(target), std::move(body)); }
  Answered merge(std::string target, std::string body) {
    return call("PATCH", std::move(target), std::move(body), "application/merge-patch+json");
  }
  Answered remove(std::string target, std::string body = "") {
    return call("DELETE", std::move(target), std::move(body));
  }
};

}  // namespace sluice::sandbox
