// The Transport that talks to a real API server over HTTPS.
#pragma once

#include <memory>

#include "kube/clock.h"
#include "kube/kubeconfig.h"
#include "kube/transport.h"

namespace sluice::kube {

struct HttpTransportOptions {
  Duration connect_deadline = seconds{10};
  Duration answer_deadline = seconds{60};  // of one request; until the head for a watch
  Duration idle_deadline = seconds{900};   // the longest silence of a watch, above the time after which servers end it
  std::size_t line_limit = 16 << 20;       // bytes of one watch event
  std::size_t body_limit = 256 << 20;      // bytes of one answer
  std::string user_agent = "sluice";
};

// Sends requests with the credentials of a ClusterAccess. Rotated token files and client certificates are picked up; an
// exec plugin is run when there is no unexpired credential yet. After 401, credentials that can change are fetched
// anew and the request is sent once more. `clock` outlives the transport, which outlives its calls.
class HttpTransport final : public Transport {
 public:
  HttpTransport(ClusterAccess access, Clock& clock, HttpTransportOptions options);
  ~HttpTransport() override;
  net::awaitable<Result<ApiResponse>> send(ApiRequest request) override;
  net::awaitable<Result<ApiStream>> open(ApiRequest request) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace sluice::kube
