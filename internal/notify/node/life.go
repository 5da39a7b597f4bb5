package node

import (
	"time"

	"cutline/internal/sapient"
)

// mode is the only one that the node has.
const mode = "Default"

// Registration is the first message on a connection. every is how often a status follows.
func (n Node) Registration(now time.Time, every time.Duration) *sapient.SapientMessage {
	place := func() *sapient.Registration_LocationType {
		return &sapient.Registration_LocationType{
			CoordinatesOneof: &sapient.Registration_LocationType_LocationUnits{
				LocationUnits: sapient.LocationCoordinateSystem_LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M,
			},
			ReferenceOneof: &sapient.Registration_LocationType_LocationDatum{LocationDatum: sapient.LocationDatum_LOCATION_DATUM_WGS84_E},
		}
	}
	speed := &sapient.Registration_VelocityType{
		UnitsOneof: &sapient.Registration_VelocityType_EnuVelocityUnits{EnuVelocityUnits: &sapient.ENUVelocityUnits{
			EastNorthRateUnits: sapient.SpeedUnits_SPEED_UNITS_MS.Enum(), UpRateUnits: sapient.SpeedUnits_SPEED_UNITS_MS.Enum(),
		}},
		ReferenceOneof: &sapient.Registration_VelocityType_LocationDatum{LocationDatum: sapient.LocationDatum_LOCATION_DATUM_WGS84_E},
	}
	m := n.message(now)
	m.Content = &sapient.SapientMessage_Registration{Registration: &sapient.Registration{
		NodeDefinition: []*sapient.Registration_NodeDefinition{{NodeType: sapient.Registration_NODE_TYPE_FUSION_NODE.Enum()}},
		IcdVersion:     new(sapient.ICD), Name: new(n.name), ShortName: new(n.name),
		Capabilities: []*sapient.Registration_Capability{{Category: new("fusion"), Type: new("tracks at a border")}},
		StatusDefinition: &sapient.Registration_StatusDefinition{
			StatusInterval: seconds(every), LocationDefinition: place(),
		},
		ModeDefinition: []*sapient.Registration_ModeDefinition{{
			ModeName: new(mode), ModeType: sapient.Registration_MODE_TYPE_PERMANENT.Enum(), SettleTime: seconds(0),
			TrackingType: sapient.Registration_TRACKING_TYPE_TRACK.Enum(),
			DetectionDefinition: []*sapient.Registration_DetectionDefinition{{
				LocationType: place(), VelocityType: speed,
			}},
			Task: &sapient.Registration_TaskDefinition{ // the standard wants one; it takes none but requests
				ConcurrentTasks: new(int32(0)),
				RegionDefinition: &sapient.Registration_RegionDefinition{
					RegionType: []sapient.Registration_RegionType{sapient.Registration_REGION_TYPE_AREA_OF_INTEREST},
					RegionArea: []*sapient.Registration_LocationType{place()},
				},
			},
		}},
		ConfigData: []*sapient.Registration_ConfigurationData{{Manufacturer: "Cutline", Model: "cutline"}},
	}}
	return m
}

func seconds(d time.Duration) *sapient.Registration_Duration {
	return &sapient.Registration_Duration{Units: sapient.Registration_TIME_UNITS_SECONDS.Enum(), Value: new(float32(d.Seconds()))}
}

// Status says how the node is: well, or with the faults named. fresh is whether that is new since the last one.
func (n Node) Status(now time.Time, faults []string, fresh bool) *sapient.SapientMessage {
	s := &sapient.StatusReport{
		ReportId: new(sapient.ULID(now, "status/"+n.id)), System: sapient.StatusReport_SYSTEM_OK.Enum(), Mode: new(mode),
		Info: sapient.StatusReport_INFO_UNCHANGED.Enum(),
	}
	if fresh {
		s.Info = sapient.StatusReport_INFO_NEW.Enum()
	}
	for _, f := range faults {
		s.System = sapient.StatusReport_SYSTEM_WARNING.Enum()
		s.Status = append(s.Status, &sapient.StatusReport_Status{
			StatusLevel: sapient.StatusReport_STATUS_LEVEL_WARNING_STATUS.Enum(), StatusType: sapient.StatusReport_STATUS_TYPE_EXTERNAL_FAULT.Enum(),
			StatusValue: new(f),
		})
	}
	m := n.message(now)
	m.Content = &sapient.SapientMessage_StatusReport{StatusReport: s}
	return m
}

// Goodbye is the last message of a node that ends in good order.
func (n Node) Goodbye(now time.Time) *sapient.SapientMessage {
	m := n.Status(now, nil, true)
	m.GetStatusReport().System = sapient.StatusReport_SYSTEM_GOODBYE.Enum()
	return m
}

// TaskAnswer refuses a task: the node has none to give but what it does anyway.
func (n Node) TaskAnswer(now time.Time, task *sapient.Task, accepted bool) *sapient.SapientMessage {
	ack := &sapient.TaskAck{TaskId: new(task.GetTaskId()), TaskStatus: sapient.TaskAck_TASK_STATUS_ACCEPTED.Enum()}
	if !accepted {
		ack.TaskStatus = sapient.TaskAck_TASK_STATUS_REJECTED.Enum()
		ack.Reason = []string{"cutline takes no tasks: it reports all that it sees, all the time"}
	}
	m := n.message(now)
	m.Content = &sapient.SapientMessage_TaskAck{TaskAck: ack}
	return m
}
