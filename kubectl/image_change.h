// The patch that gives containers another image.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace sluice::kubectl {

// A JSON patch of a Rollout or Deployment that sets the image of every container of this name ("*" for all), init
// containers included. It first tests that each container still has the name that was read. "" when no
// container has the name.
std::string image_patch(const boost::json::value& object, const std::string& container, const std::string& image);

}  // namespace sluice::kubectl
