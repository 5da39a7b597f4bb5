// Package node makes the messages that Cutline sends as a fusion node of SAPIENT (BSI Flex 335 v2.0): registration, status, fused tracks
// as detections, and alerts.
//
//	record.Event ─► Node.Detection, Node.Alert ─► *sapient.SapientMessage
//
// It is values in, messages out: times are arguments, and there is no connection here. Every message has all that the standard's proto
// options call mandatory. Ids are made of ours by a hash, so that a track and an alert have the same id after a restart.
//
// Positions are longitude and latitude in degrees on WGS 84, heights above the ellipsoid; speeds are m/s, as the registration says.
// Errors of a position have no unit in the standard where it is in degrees, so they are told as object information in metres. Start at
// New; life.go says what is told of the node itself.
package node

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"cutline/internal/record"
	"cutline/internal/sapient"
)

// Node is one sender of messages.
type Node struct{ id, name string }

// New makes a node; id is a UUID of version 4, or empty for one made of the name.
func New(id, name string) Node {
	if id == "" {
		id = sapient.UUID("cutline/" + name)
	}
	return Node{id: id, name: name}
}

func (n Node) message(now time.Time) *sapient.SapientMessage {
	return &sapient.SapientMessage{Timestamp: timestamppb.New(now), NodeId: new(n.id)}
}

// ObjectID of a track, AlertID of an alert: the same as long as the thing is.
func ObjectID(sector, track string) string {
	return sapient.ULID(time.UnixMilli(0), "track/"+sector+"/"+track)
}

// AlertID begins with the time at which the alert was raised.
func AlertID(sector string, a *record.AlertEvent) string {
	return sapient.ULID(a.Raised, "alert/"+sector+"/"+a.ID)
}

// Detection reports a track.
func (n Node) Detection(sector string, t *record.TrackEvent, now time.Time) *sapient.SapientMessage {
	id := ObjectID(sector, t.ID)
	place := location(t.Lat, t.Lon)
	if t.AltM != nil {
		place.Z = new(*t.AltM)
	}
	course := t.CourseDeg * math.Pi / 180
	d := &sapient.DetectionReport{
		ReportId: new(sapient.ULID(now, id)), ObjectId: new(id), State: new(t.Status),
		LocationOneof:       &sapient.DetectionReport_Location{Location: place},
		DetectionConfidence: new(share(t.Existence)),
		VelocityOneof: &sapient.DetectionReport_EnuVelocity{EnuVelocity: &sapient.ENUVelocity{
			EastRate: new(t.SpeedMPS * math.Sin(course)), NorthRate: new(t.SpeedMPS * math.Cos(course)),
		}},
		ObjectInfo: []*sapient.DetectionReport_TrackObjectInfo{
			info("position_error_m", fmt.Sprintf("%.1f", math.Sqrt(max(0, t.Cov.EE+t.Cov.NN)))), info("track", t.ID),
		},
		Id: new(t.ID),
	}
	if t.Friendly {
		d.ObjectInfo = append(d.ObjectInfo, info("friendly", "true"))
	}
	if t.Simulated {
		d.ObjectInfo = append(d.ObjectInfo, info("simulated", "true"))
	}
	if t.Count > 1 {
		d.ObjectInfo = append(d.ObjectInfo, info("count", strconv.Itoa(t.Count)))
	}
	for _, class := range slices.Sorted(maps.Keys(t.Class)) {
		if p := t.Class[class]; p > 0 {
			d.Classification = append(d.Classification, classification(class, p))
		}
	}
	m := n.message(now)
	m.Content = &sapient.SapientMessage_DetectionReport{DetectionReport: d}
	return m
}

func info(name, value string) *sapient.DetectionReport_TrackObjectInfo {
	return &sapient.DetectionReport_TrackObjectInfo{Type: new(name), Value: new(value)}
}

// classification has the words of the standard's taxonomy.
func classification(class string, p float64) *sapient.DetectionReport_DetectionReportClassification {
	c := &sapient.DetectionReport_DetectionReportClassification{Confidence: new(share(p))}
	switch class {
	case "drone":
		c.Type = new("Air Vehicle")
		c.SubClass = []*sapient.DetectionReport_SubClass{{Type: new("UAV Rotary Wing"), Confidence: new(float32(1)), Level: new(int32(1))}}
	default:
		c.Type = new(map[string]string{
			"person": "Human", "vehicle": "Land Vehicle", "animal": "Animal", "boat": "Sea Vessel", "aircraft": "Air Vehicle",
		}[class])
		if c.GetType() == "" {
			c.Type = new("Unknown")
		}
	}
	return c
}

func location(lat, lon float64) *sapient.Location {
	return &sapient.Location{
		X: new(lon), Y: new(lat), CoordinateSystem: sapient.LocationCoordinateSystem_LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M.Enum(),
		Datum: sapient.LocationDatum_LOCATION_DATUM_WGS84_E.Enum(),
	}
}

// share is a probability as the standard has it.
func share(p float64) float32 { return float32(min(max(p, 0), 1)) }

// Alert tells an alert as it is, in the text given.
func (n Node) Alert(sector string, a *record.AlertEvent, text string, now time.Time) *sapient.SapientMessage {
	out := &sapient.Alert{
		AlertId: new(AlertID(sector, a)), AlertType: alertType(a).Enum(), Status: alertStatus(a).Enum(), Description: new(text),
		Priority: priority(a).Enum(), Ranking: new(float32(urgency(a)) / 3), Confidence: new(share(a.Confidence)),
		AdditionalInformation: new(fmt.Sprintf("%s %s, %s, %s %s", a.Kind, a.ID, a.State, a.Priority, a.Level)),
	}
	if a.Lat != 0 || a.Lon != 0 {
		out.LocationOneof = &sapient.Alert_Location{Location: location(a.Lat, a.Lon)}
	}
	for _, track := range a.Tracks {
		out.AssociatedDetection = append(out.AssociatedDetection, &sapient.AssociatedDetection{
			Timestamp: timestamppb.New(a.Time), NodeId: new(n.id), ObjectId: new(ObjectID(sector, track)),
			AssociationType: sapient.AssociationRelation_ASSOCIATION_RELATION_PARENT.Enum(),
		})
	}
	m := n.message(now)
	m.Content = &sapient.SapientMessage_Alert{Alert: out}
	return m
}

func urgency(a *record.AlertEvent) int {
	return max(0, slices.Index([]string{"low", "medium", "high", "critical"}, a.Priority))
}

// alertType: what a person does about it. The standard's errors are of the system.
func alertType(a *record.AlertEvent) sapient.Alert_AlertType {
	switch {
	case len(a.Tracks) == 0 && a.Direction == "":
		return sapient.Alert_ALERT_TYPE_ERROR
	case urgency(a) == 3:
		return sapient.Alert_ALERT_TYPE_CRITICAL
	case urgency(a) > 0:
		return sapient.Alert_ALERT_TYPE_WARNING
	default:
		return sapient.Alert_ALERT_TYPE_INFORMATION
	}
}

func alertStatus(a *record.AlertEvent) sapient.Alert_AlertStatus {
	switch {
	case a.Verdict == "false" || a.Verdict == "duplicate":
		return sapient.Alert_ALERT_STATUS_REJECT
	case a.Change == "end":
		return sapient.Alert_ALERT_STATUS_CLEAR
	case slices.Contains([]string{"shelved", "suppressed", "out_of_service"}, a.State):
		return sapient.Alert_ALERT_STATUS_IGNORE
	case a.State == "acknowledged":
		return sapient.Alert_ALERT_STATUS_ACKNOWLEDGE
	default:
		return sapient.Alert_ALERT_STATUS_ACTIVE
	}
}

// priority: the standard has three, and ours that is above them is told by the ranking.
func priority(a *record.AlertEvent) sapient.Alert_DiscretePriority {
	return sapient.Alert_DiscretePriority(min(urgency(a)+1, 3)) //nolint:gosec // 1 … 3
}
